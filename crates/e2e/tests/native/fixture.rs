//! The Envoy that both filters run in, and the upstream behind it.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::http::Request;
use harness::recorder::Recorder;
use proxy_filter_test::{Response, Upstream};
use serde_json::{Value, json};

use crate::exchange::{Exchange, Protocol};
use crate::seen::Seen;
use crate::subject::{Side, Twin};
use crate::{http1, http2};

/// The cluster of the HTTP upstream.
pub(crate) const UPSTREAM: &str = "upstream";

/// A running Envoy, whose listeners every round replaces.
pub(crate) struct Fixture {
    envoy: Envoy,
    upstream: Upstream,
    /// The TCP upstream.
    pub(crate) recorder: Recorder,
    /// What every round has.
    base: Bootstrap,
    current: RefCell<Bootstrap>,
    groups: Cell<u64>,
    http2: RefCell<http2::Client>,
}

/// The listeners of a twin.
#[derive(Clone, Copy)]
pub(crate) struct Listeners {
    pub(crate) native: SocketAddr,
    pub(crate) ours: SocketAddr,
}

impl Fixture {
    /// Starts Envoy and its upstreams.
    pub(crate) fn start() -> Result<Self> {
        let upstream = Upstream::start(Response::new(200))?;
        let recorder = Recorder::start()?;
        let base = Bootstrap::default()
            .cluster(UPSTREAM, upstream.address())
            .cluster("recorder", recorder.address())
            .routed("plain", &[], &[all()]);
        let envoy = Envoy::start_watching(&base)?;
        let http2 = RefCell::new(http2::Client::new()?);
        let current = RefCell::new(base.clone());
        Ok(Self { envoy, upstream, recorder, base, current, groups: Cell::new(0), http2 })
    }

    /// Replaces the listeners of the last round. `build` gets a function that makes names which no listener had before: a
    /// worker may serve the former listener of a name for a moment.
    pub(crate) fn replace(
        &self,
        build: impl Fn(Bootstrap, &dyn Fn(&str, usize) -> String) -> Bootstrap,
    ) -> Result<Names> {
        let names = Names { group: self.groups.replace(self.groups.get().wrapping_add(1)) };
        let with_new = |bootstrap| build(bootstrap, &|kind, index| names.of(kind, index));
        // Envoy gives the port of a listener that it drains to a new one for which any port will do. So it gets the new ones
        // first, loses the old ones then, and drains them during the round.
        self.wait_for_drain()?;
        self.envoy.reload(&with_new(self.current.borrow().with_defaults()))?;
        // Their connections end with the listeners.
        *self.http2.borrow_mut() = http2::Client::new()?;
        let only_new = with_new(self.base.clone());
        self.envoy.reload(&only_new)?;
        *self.current.borrow_mut() = only_new;
        Ok(names)
    }

    fn wait_for_drain(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let stats = Request::get("/stats?filter=total_listeners_draining").send(self.envoy.admin())?;
            if String::from_utf8_lossy(&stats.body).trim().ends_with(": 0") {
                return Ok(());
            }
            ensure!(start.elapsed() < Duration::from_secs(20), "Envoy does not end its old listeners");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Gives each twin two listeners, in place of those of the last round.
    pub(crate) fn listen(&self, twins: &[Twin]) -> Result<Vec<Listeners>> {
        let names = self.replace(|bootstrap, name| {
            twins.iter().enumerate().fold(bootstrap, |bootstrap, (index, twin)| {
                let Twin { native, ours, trusted_hops } = twin;
                let listener = |bootstrap: Bootstrap, kind, side: &Side| {
                    bootstrap.routed(&name(kind, index), &side.filters, &side.routes)
                };
                listener(listener(bootstrap.trusted_hops(*trusted_hops), "native", native), "ours", ours)
            })
        })?;
        let address = |kind, index| self.address(&names, kind, index);
        (0..twins.len())
            .map(|index| Ok(Listeners { native: address("native", index)?, ours: address("ours", index)? }))
            .collect()
    }

    /// Returns the address of a listener.
    pub(crate) fn address(&self, names: &Names, kind: &str, index: usize) -> Result<SocketAddr> {
        self.envoy.address(&names.of(kind, index))
    }

    /// Sends a request through a listener without rules.
    pub(crate) fn send_plain(&self, exchange: &Exchange) -> Result<Seen> {
        Ok(self.send(self.envoy.address("plain")?, exchange))
    }

    /// Sends a request through a listener.
    pub(crate) fn send(&self, listener: SocketAddr, exchange: &Exchange) -> Seen {
        self.upstream.set(exchange.answer.clone());
        // What a request that got no answer may have left.
        self.upstream.requests();
        let response = match exchange.protocol {
            Protocol::Http1 => http1::send(listener, &exchange.request),
            Protocol::Http2 => self.http2.borrow_mut().send(listener, &exchange.request),
        };
        Seen::new(self.upstream.requests().last(), response)
    }

    /// Returns the end of Envoy's log.
    pub(crate) fn log(&self) -> String {
        self.envoy.last_lines()
    }
}

/// The names of a round's listeners.
pub(crate) struct Names {
    group: u64,
}

impl Names {
    fn of(&self, kind: &str, index: usize) -> String {
        format!("{kind}-{}-{index}", self.group)
    }
}

/// Returns the route that takes all requests.
pub(crate) fn all() -> Value {
    json!({"match": {"prefix": "/"}, "route": {"cluster": UPSTREAM}})
}
