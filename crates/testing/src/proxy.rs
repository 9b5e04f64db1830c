//! A proxy of either kind, as a test sees it.

use std::cell::Cell;
use std::fmt;
use std::time::{Duration, Instant};

use proxy_model::{Guest, Request, Response, Service};

use crate::envoy::{EnvoyPlugin, EnvoyProxy};
use crate::exchange::Exchange;
use crate::run::{Chain, skip};
use crate::wasm::WasmModule;

/// The name under which a plugin is loaded.
pub(crate) const PLUGIN_NAME: &str = "plugin";

/// Workers of each proxy.
const WORKERS: usize = 2;

/// How long Envoy may take to log a line, or to show a metric's value.
const PATIENCE: Duration = Duration::from_secs(10);

/// A proxy with two workers.
pub struct Proxy {
    backend: Backend,
    trap_expected: Cell<bool>,
}

enum Backend {
    Model(proxy_model::Proxy),
    Envoy(EnvoyProxy),
}

/// A loaded configuration.
pub struct Plugin<'a> {
    backend: PluginBackend<'a>,
    proxy: &'a Proxy,
    /// The worker that serves next: the model's take turns.
    turn: Cell<usize>,
    upstream_chunks: Vec<Vec<u8>>,
}

enum PluginBackend<'a> {
    Model(&'a proxy_model::Proxy, proxy_model::Plugin),
    Envoy(Box<EnvoyPlugin>),
}

/// What became of a TCP connection: the bytes that arrived at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpExchange {
    /// What the upstream got.
    pub upstream: Vec<u8>,
    /// What the client got.
    pub client: Vec<u8>,
}

impl fmt::Display for TcpExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "upstream: {}", self.upstream.escape_ascii())?;
        writeln!(f, "client: {}", self.client.escape_ascii())
    }
}

impl Proxy {
    /// The model, with the filter compiled for this machine.
    pub fn native<G: Guest + 'static>(guest: impl Fn() -> G) -> Self {
        Self::new(Backend::Model(proxy_model::Proxy::new(WORKERS, guest)))
    }

    /// The model, with the built module in wasmtime.
    ///
    /// # Panics
    /// The module is not there.
    pub fn wasm(module: &str) -> Self {
        let module = shown(WasmModule::load(module));
        Self::native(|| shown(module.instantiate()))
    }

    /// A real Envoy with the built module.
    pub fn envoy(module: &str, chain: Chain) -> Self {
        Self::new(Backend::Envoy(EnvoyProxy::new(module, chain)))
    }

    fn new(backend: Backend) -> Self {
        Self { backend, trap_expected: Cell::new(false) }
    }

    /// Loads a configuration. In the model all configurations of a proxy share their machines, their metrics
    /// and their log, as plugins of one `vm_id` do; in Envoy each has an Envoy of its own.
    ///
    /// # Panics
    /// The filter refused it.
    #[track_caller]
    pub fn load(&self, configuration: &str) -> Plugin<'_> {
        self.try_load(configuration).unwrap_or_else(|line| panic!("{configuration}\n{line}"))
    }

    /// Loads a configuration that the filter must refuse, and returns what it logged.
    ///
    /// # Panics
    /// The filter accepted it.
    #[track_caller]
    pub fn refuses(&self, configuration: &str) -> String {
        match self.try_load(configuration) {
            Ok(_) => panic!("accepted: {configuration}"),
            Err(line) => line,
        }
    }

    fn try_load(&self, configuration: &str) -> Result<Plugin<'_>, String> {
        let backend = match &self.backend {
            Backend::Model(proxy) => PluginBackend::Model(proxy, proxy.load(configuration, PLUGIN_NAME)?),
            Backend::Envoy(proxy) => PluginBackend::Envoy(Box::new(proxy.load(configuration)?)),
        };
        Ok(Plugin { backend, proxy: self, turn: Cell::new(0), upstream_chunks: Vec::new() })
    }

    /// Says that the filter's machine is meant to trap: else a test in which one does fails.
    pub fn expect_trap(&self) {
        self.trap_expected.set(true);
    }

    fn model(&self, without: &'static str) -> &proxy_model::Proxy {
        match &self.backend {
            Backend::Model(proxy) => proxy,
            Backend::Envoy(_) => skip(without),
        }
    }

    /// Puts a service behind a cluster that the filter can call, before a configuration is loaded; or
    /// gives it another answer of the same kind, at any time.
    pub fn service(&self, cluster: &str, service: Service) {
        match &self.backend {
            Backend::Model(proxy) => proxy.service(cluster, service),
            Backend::Envoy(proxy) => proxy.service(cluster, service),
        }
    }

    /// The calls that a cluster's service got since the last call of this.
    pub fn asked(&self, cluster: &str) -> Vec<Request> {
        match &self.backend {
            Backend::Model(proxy) => proxy.asked(cluster),
            Backend::Envoy(proxy) => proxy.asked(cluster),
        }
    }

    /// Calls that wait for an answer. Envoy does not count them: the test ends there.
    pub fn calls_outstanding(&self) -> usize {
        self.model("it does not count the calls that wait").calls_outstanding()
    }

    /// Moves the clock on; plugins tick as often as is due. Envoy's goes by itself: the test ends there.
    pub fn advance(&self, time: Duration) {
        self.model("its clock cannot be moved").advance(time);
    }

    /// Lets time pass: the model's clock moves on, Envoy's does by itself.
    pub fn wait(&self, time: Duration) {
        match &self.backend {
            Backend::Model(proxy) => proxy.advance(time),
            Backend::Envoy(_) => std::thread::sleep(time),
        }
    }

    /// Keys in shared data. Envoy does not count them: the test ends there.
    pub fn shared_data_keys(&self) -> usize {
        self.model("it does not show its shared data").shared_data_keys()
    }
}

impl Plugin<'_> {
    /// Sets what the upstream answers to requests.
    #[must_use]
    pub fn upstream(mut self, response: Response) -> Self {
        match &mut self.backend {
            PluginBackend::Model(_, plugin) => plugin.set_upstream(response),
            PluginBackend::Envoy(plugin) => plugin.set_upstream(response),
        }
        self
    }

    /// Sets the chunks that a TCP upstream sends once the client has half-closed.
    #[must_use]
    pub fn upstream_sends(mut self, chunks: &[&[u8]]) -> Self {
        self.upstream_chunks = chunks.iter().map(|chunk| chunk.to_vec()).collect();
        self
    }

    /// Sends a request through the filter, on one worker after the other.
    ///
    /// # Panics
    /// What answers is not HTTP.
    #[track_caller]
    pub fn send(&self, request: Request) -> Exchange {
        shown(self.try_send(&request))
    }

    /// As [`send`](Self::send), for exchanges that may end in something that is not HTTP.
    ///
    /// # Errors
    /// What answers is not HTTP.
    pub fn try_send(&self, request: &Request) -> anyhow::Result<Exchange> {
        match &self.backend {
            PluginBackend::Model(_, plugin) => Ok(Exchange(plugin.send(self.worker(), request))),
            PluginBackend::Envoy(plugin) => plugin.send(request).map(Exchange),
        }
    }

    /// Sends a request through the filter on this worker. Envoy's take connections as they come: the
    /// test ends there.
    pub fn send_on_worker(&self, worker: usize, request: &Request) -> Exchange {
        match &self.backend {
            PluginBackend::Model(_, plugin) => Exchange(plugin.send(worker, request)),
            PluginBackend::Envoy(_) => skip("its workers take connections as they come"),
        }
    }

    /// Sends a request whose client leaves while the request waits for a call that gets no answer.
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn send_and_leave(&self, request: &Request) {
        match &self.backend {
            PluginBackend::Model(_, plugin) => _ = plugin.send_and_leave(self.worker(), request),
            PluginBackend::Envoy(plugin) => shown(plugin.send_and_leave(request)),
        }
    }

    /// Opens a connection, sends chunks and half-closes; then the upstream does the same with
    /// [its chunks](Self::upstream_sends).
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn send_tcp(&self, chunks: &[&[u8]]) -> TcpExchange {
        let answer: Vec<_> = self.upstream_chunks.iter().map(Vec::as_slice).collect();
        match &self.backend {
            PluginBackend::Model(_, plugin) => {
                let exchange = plugin.send_tcp(self.worker(), chunks, &answer);
                TcpExchange { upstream: exchange.upstream.concat(), client: exchange.client.concat() }
            }
            PluginBackend::Envoy(plugin) => shown(plugin.send_tcp(chunks, &answer)),
        }
    }

    /// The value of a counter or gauge.
    ///
    /// # Panics
    /// There is none of this name.
    #[track_caller]
    pub fn metric(&self, name: &str) -> u64 {
        self.find_metric(name).unwrap_or_else(|| panic!("no metric {name}"))
    }

    #[track_caller]
    fn find_metric(&self, name: &str) -> Option<u64> {
        match &self.backend {
            PluginBackend::Model(proxy, _) => proxy.metrics().get(name).copied(),
            PluginBackend::Envoy(plugin) => shown(plugin.metric(name)),
        }
    }

    /// The lines that filters logged so far, as `Info: line`.
    pub fn logs(&self) -> Vec<String> {
        match &self.backend {
            PluginBackend::Model(proxy, _) => proxy.logs(),
            PluginBackend::Envoy(plugin) => plugin.logs(),
        }
    }

    /// Expects a counter or gauge to have a value, within a few seconds.
    ///
    /// # Panics
    /// It has another one.
    #[track_caller]
    pub fn expect_metric(&self, name: &str, value: u64) {
        let has_value = || self.find_metric(name) == Some(value);
        assert!(self.comes_to_hold(has_value), "{name} is {}", self.metric(name));
    }

    /// Expects a line like `Info: line` to be logged, within a few seconds.
    ///
    /// # Panics
    /// It is not; the lines that are follow.
    #[track_caller]
    pub fn expect_log(&self, line: &str) {
        let is_logged = || self.logs().iter().any(|logged| logged == line);
        assert!(self.comes_to_hold(is_logged), "`{line}` was not logged, but\n{}", self.logs().join("\n"));
    }

    /// Whether something holds within a few seconds. In the model it does at once or never: all is done
    /// when a call returns, while Envoy works behind the client's back.
    pub fn comes_to_hold(&self, holds: impl Fn() -> bool) -> bool {
        let patience = match self.backend {
            PluginBackend::Model(..) => Duration::ZERO,
            PluginBackend::Envoy(_) => PATIENCE,
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

/// A filter that panics while nobody looks, as at a stream's end, fails its test all the same.
impl Drop for Plugin<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() || self.proxy.trap_expected.get() {
            return;
        }
        if let Some(line) = self.logs().iter().find(|line| line.starts_with("Critical")) {
            panic!("the filter failed behind the test's back: {line}");
        }
    }
}

#[track_caller]
fn shown<T>(result: anyhow::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error:#}"))
}
