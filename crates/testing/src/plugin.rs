//! A loaded configuration, in the model or in Envoy.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use proxy_model::{Request, Response, TcpExchange};

use crate::envoy::{EnvoyPlugin, EnvoyProxy, EnvoyRequest};
use crate::exchange::Exchange;
use crate::held::HeldConnection;
use crate::log::Log;
use crate::stop::{or_fail, skip};

/// The number of a proxy's workers.
pub(crate) const WORKERS: usize = 2;

/// How long to wait for Envoy to log a line or update a metric.
const PATIENCE: Duration = Duration::from_secs(10);

/// A loaded configuration.
pub struct Plugin<'a> {
    backend: Backend<'a>,
    /// The model's next worker. Workers take turns.
    turn: Cell<usize>,
    upstream_chunks: Vec<Vec<u8>>,
}

pub(crate) enum Backend<'a> {
    Model(&'a Rc<proxy_model::Proxy>, proxy_model::Plugin),
    Envoy(&'a Rc<EnvoyProxy>, EnvoyPlugin<'a>),
}

/// A request that waits for the upstream until this is dropped. Its client then leaves.
pub struct HeldRequest<'a>(#[expect(dead_code, reason = "only dropped")] Held<'a>);

enum Held<'a> {
    Model(#[expect(dead_code, reason = "only dropped")] proxy_model::HeldRequest<'a>),
    Envoy(#[expect(dead_code, reason = "only dropped")] EnvoyRequest),
}

impl<'a> Plugin<'a> {
    pub(crate) fn new(backend: Backend<'a>) -> Self {
        Self { backend, turn: Cell::new(0), upstream_chunks: Vec::new() }
    }

    /// Sets the upstream's response to requests.
    #[must_use]
    pub fn upstream(mut self, response: Response) -> Self {
        match &mut self.backend {
            Backend::Model(_, plugin) => plugin.set_upstream(response),
            Backend::Envoy(_, plugin) => plugin.set_upstream(response),
        }
        self
    }

    /// Sets the chunks that a TCP upstream sends after the client's half-close.
    #[must_use]
    pub fn upstream_sends(mut self, chunks: &[&[u8]]) -> Self {
        self.upstream_chunks = chunks.iter().map(|chunk| chunk.to_vec()).collect();
        self
    }

    /// Removes the configuration, as a reload removes the previous one. In Envoy the test ends here.
    pub fn unload(self) {
        match &self.backend {
            Backend::Model(proxy, plugin) => proxy.unload(plugin),
            Backend::Envoy(..) => skip("it removes configurations only with their listeners"),
        }
    }

    /// Sends a request through the filter. The model's workers take turns.
    ///
    /// # Panics
    /// The response is not HTTP.
    #[track_caller]
    pub fn send(&self, request: Request) -> Exchange {
        or_fail(self.try_send(&request))
    }

    /// Like [`send`](Self::send), for a filter that may cause invalid HTTP.
    ///
    /// # Errors
    /// The response is not HTTP.
    pub fn try_send(&self, request: &Request) -> anyhow::Result<Exchange> {
        match &self.backend {
            Backend::Model(proxy, plugin) => {
                Ok(Exchange::new(plugin.send(self.worker(), request), Log::of_model(proxy)))
            }
            Backend::Envoy(proxy, plugin) => Ok(Exchange::new(plugin.send(request)?, Log::of_envoy(proxy))),
        }
    }

    /// Sends a request through the filter on this worker. In Envoy the test ends here: no client can choose a worker.
    pub fn send_on_worker(&self, worker: usize, request: &Request) -> Exchange {
        match &self.backend {
            Backend::Model(proxy, plugin) => {
                Exchange::new(plugin.send(worker, request), Log::of_model(proxy))
            }
            Backend::Envoy(..) => skip("a client cannot choose its worker"),
        }
    }

    /// Sends a request whose client leaves while the request waits for a call that gets no response.
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn send_and_leave(&self, request: &Request) {
        match &self.backend {
            Backend::Model(_, plugin) => _ = plugin.send_and_leave(self.worker(), request),
            Backend::Envoy(_, plugin) => or_fail(plugin.send_and_leave(request)),
        }
    }

    /// Sends a request that the upstream never answers. The client leaves when the result is dropped.
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn hold(&self, request: &Request) -> HeldRequest<'_> {
        HeldRequest(match &self.backend {
            Backend::Model(_, plugin) => Held::Model(plugin.hold(self.worker(), request)),
            Backend::Envoy(_, plugin) => Held::Envoy(or_fail(plugin.hold(request))),
        })
    }

    /// Opens a connection, sends chunks and half-closes. Then the upstream does the same with
    /// [its chunks](Self::upstream_sends).
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn send_tcp(&self, chunks: &[&[u8]]) -> TcpExchange {
        let responses: Vec<_> = self.upstream_chunks.iter().map(Vec::as_slice).collect();
        match &self.backend {
            Backend::Model(_, plugin) => plugin.send_tcp(self.worker(), chunks, &responses),
            Backend::Envoy(_, plugin) => or_fail(plugin.send_tcp(chunks, &responses)),
        }
    }

    /// Opens a connection on which nobody sends anything. The client leaves when the result is dropped.
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn hold_tcp(&self) -> HeldConnection<'_> {
        match &self.backend {
            Backend::Model(_, plugin) => HeldConnection::Model(plugin.hold_tcp(self.worker())),
            Backend::Envoy(_, plugin) => HeldConnection::Envoy(or_fail(plugin.hold_tcp())),
        }
    }

    /// Returns the value of a counter or gauge. Filters report counters once a second: the model ticks first, and in Envoy
    /// the value may be a second old.
    ///
    /// # Panics
    /// No metric has this name.
    #[track_caller]
    pub fn metric(&self, name: &str) -> u64 {
        self.find_metric(name).unwrap_or_else(|| panic!("no metric {name}"))
    }

    #[track_caller]
    fn find_metric(&self, name: &str) -> Option<u64> {
        match &self.backend {
            Backend::Model(proxy, _) => {
                proxy.tick();
                proxy.metrics().get(name).copied()
            }
            Backend::Envoy(proxy, _) => or_fail(proxy.metric(name)),
        }
    }

    /// Returns the lines that the filter has logged so far, as `Info: line`.
    pub fn logs(&self) -> Vec<String> {
        match &self.backend {
            Backend::Model(proxy, _) => proxy.logs(),
            Backend::Envoy(proxy, _) => proxy.logs(),
        }
    }

    /// Expects a counter or gauge to have a value within a few seconds.
    ///
    /// # Panics
    /// The value differs.
    #[track_caller]
    pub fn expect_metric(&self, name: &str, value: u64) {
        let has_value = || self.find_metric(name) == Some(value);
        assert!(
            self.eventually(has_value),
            "`{name}` is {}, expected {value}",
            self.find_metric(name).map_or_else(|| "not defined".to_owned(), |found| found.to_string())
        );
    }

    /// Expects the filter to log a line, such as `Info: line`, within a few seconds.
    ///
    /// # Panics
    /// The line is not logged. The message shows the lines that are.
    #[track_caller]
    pub fn expect_log(&self, line: &str) {
        let is_logged = || self.logs().iter().any(|logged| logged == line);
        assert!(
            self.eventually(is_logged),
            "no line of the log equals `{line}`, with its level. The log has\n{}",
            self.logs().join("\n")
        );
    }

    /// Returns whether a condition becomes true within a few seconds. The model has finished when a call returns, so
    /// there the condition is checked only once.
    pub fn eventually(&self, holds: impl Fn() -> bool) -> bool {
        let patience = match self.backend {
            Backend::Model(..) => Duration::ZERO,
            Backend::Envoy(..) => PATIENCE,
        };
        let start = Instant::now();
        while !holds() {
            if start.elapsed() >= patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        true
    }

    fn worker(&self) -> usize {
        self.turn.replace((self.turn.get() + 1) % WORKERS)
    }
}
