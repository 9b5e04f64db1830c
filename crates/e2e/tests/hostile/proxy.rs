//! An Envoy with all filters, and what must hold after anything was sent to it.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::chained::{self, Limits};
use harness::failures;
use harness::http::Request;
use serde_json::{Value, json};

use crate::http2_upstream::{CHOOSES, Http2Upstream};
use crate::upstream::{LISTENER, Upstream};

/// The listener with all filters.
pub(crate) const ALL: &str = "all";

/// The workers.
pub(crate) const WORKERS: u32 = 2;

/// The requests that a client may have in flight: more than the tests send at once.
pub(crate) const AT_ONCE: usize = 250;

/// More requests than the tests send.
const BURST: u32 = 1_000_000;

/// Connections after which a worker that has accepted none is taken to be stuck.
const MOST_CONNECTIONS: usize = 400;

/// What the tests' filters allow.
pub(crate) const LIMITS: Limits = Limits { burst: BURST, at_once: AT_ONCE };

/// A running Envoy.
pub(crate) struct Proxy {
    pub(crate) envoy: Envoy,
    listeners: Vec<&'static str>,
    failures: Failures,
}

/// What tells of failures in an Envoy.
pub(crate) struct Failures {
    /// The VMs that were there when it started.
    vms: [Option<u64>; 2],
}

impl Proxy {
    /// Starts an Envoy with a listener for each HTTP filter, and one for all of them.
    pub(crate) fn start(upstream: &Upstream, http2: &Http2Upstream) -> Result<Self> {
        let filters = chained::http(LIMITS);
        let all = filters.iter().map(|(_, filter)| filter.clone()).collect();
        let alone = filters.into_iter().map(|(name, filter)| (name, vec![filter]));
        Self::with(upstream, http2, std::iter::once((ALL, all)).chain(alone).collect())
    }

    /// Starts an Envoy with these listeners.
    pub(crate) fn with(
        upstream: &Upstream,
        http2: &Http2Upstream,
        listeners: Vec<(&'static str, Vec<Filter>)>,
    ) -> Result<Self> {
        let bootstrap = Bootstrap::default()
            .workers(WORKERS)
            .debug_logs()
            .cluster("upstream", upstream.address)
            .http2_cluster("http2", http2.address);
        let bootstrap = options(bootstrap);
        let names = listeners.iter().map(|(name, _)| *name).collect();
        let bootstrap = listeners
            .into_iter()
            .fold(bootstrap, |bootstrap, (name, filters)| bootstrap.routed(name, &filters, &routes(name)));
        let envoy = Envoy::start(&bootstrap)?;
        let failures = Failures::of(&envoy)?;
        Ok(Self { envoy, listeners: names, failures })
    }

    /// Returns the listeners and their addresses.
    pub(crate) fn listeners(&self) -> Result<Vec<(&'static str, SocketAddr)>> {
        self.listeners.iter().map(|name| Ok((*name, self.envoy.address(name)?))).collect()
    }

    /// Fails if a filter or Envoy has failed, or if a worker does not serve a clean request on every listener.
    pub(crate) fn expect_intact(&self) -> Result<()> {
        for listener in &self.listeners {
            self.expect_clean_on_all_workers(listener)?;
        }
        self.expect_no_failure()
    }

    /// Fails if Envoy's log or statistics tell of a failure.
    pub(crate) fn expect_no_failure(&self) -> Result<()> {
        self.failures.expect_none(&self.envoy)
    }

    /// Sends clean requests until each worker has served one.
    fn expect_clean_on_all_workers(&self, listener: &str) -> Result<()> {
        let before = self.connections(listener)?;
        for number in 1..=MOST_CONNECTIONS {
            let response = self.envoy.send(listener, &Request::get("/clean"))?;
            ensure!(response.status == 200, "{listener}: a clean request after the others:\n{response}");
            // Asking costs more than a request.
            if number % 8 == 0 {
                let now = self.connections(listener)?;
                if before.iter().zip(&now).all(|(before, now)| now > before) {
                    return Ok(());
                }
            }
        }
        anyhow::bail!("{listener}: a worker accepted none of {MOST_CONNECTIONS} connections")
    }

    /// Returns the number of connections that each worker has accepted.
    fn connections(&self, listener: &str) -> Result<Vec<u64>> {
        let of = |worker| {
            let name = format!("listener.{listener}.worker_{worker}.downstream_cx_total");
            self.envoy.stat(&name)?.with_context(|| format!("no statistic {name}"))
        };
        (0..WORKERS).map(of).collect()
    }
}

impl Failures {
    /// Remembers what is there before anything is sent.
    pub(crate) fn of(envoy: &Envoy) -> Result<Self> {
        Ok(Self { vms: vms(envoy)? })
    }

    /// Fails if Envoy's log or statistics tell of a failure.
    pub(crate) fn expect_none(&self, envoy: &Envoy) -> Result<()> {
        let failures = failures::logged(envoy);
        ensure!(failures.is_empty(), "Envoy's log tells of failures: {failures:#?}");
        let now = vms(envoy)?;
        ensure!(now == self.vms && now != [None; 2], "VMs active and created: {:?}, then {now:?}", self.vms);
        Ok(())
    }
}

/// Returns the number of VMs that are active, and of those that were created.
fn vms(envoy: &Envoy) -> Result<[Option<u64>; 2]> {
    let [active, created] = ["active", "created"].map(|name| format!("wasm.envoy.wasm.runtime.v8.{name}"));
    Ok([envoy.stat(&active)?, envoy.stat(&created)?])
}

/// Lets more through to the filters than Envoy does by default.
fn options(bootstrap: Bootstrap) -> Bootstrap {
    let details = json!({"header": {"key": "x-details", "value": "%RESPONSE_CODE_DETAILS%"}});
    let any_status = json!({"status_code_filter": {"comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "none"}}}});
    bootstrap
        .manager("http_protocol_options", json!({"enable_trailers": true, "accept_http_10": true}))
        .manager("http2_protocol_options", json!({"allow_connect": true}))
        .manager("common_http_protocol_options", json!({"max_headers_count": 2000}))
        .manager("upgrade_configs", json!([{"upgrade_type": "websocket"}, {"upgrade_type": "CONNECT"}]))
        // Envoy's own replies say where they come from: `wasm_fail_stream`, if a filter has failed.
        .manager(
            "local_reply_config",
            json!({"mappers": [{"filter": any_status, "headers_to_add": [details]}]}),
        )
}

/// Returns a listener's routes, which tell the upstream its name.
fn routes(listener: &str) -> [Value; 3] {
    let name = json!([{"header": {"key": LISTENER, "value": listener}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]);
    // A connection that the upstream closes after a hostile response may get another request just before.
    let retries = json!({"retry_on": "reset", "num_retries": 3});
    let to_upstream = json!({"cluster": "upstream", "timeout": "5s", "retry_policy": retries});
    let mut to_http2 = to_upstream.clone();
    to_http2["cluster"] = "http2".into();
    let chosen = json!({"prefix": "/", "headers": [{"name": CHOOSES, "present_match": true}]});
    [
        json!({"match": chosen, "route": to_http2, "request_headers_to_add": name}),
        json!({"match": {"connect_matcher": {}}, "route": to_upstream, "request_headers_to_add": name}),
        json!({"match": {"prefix": "/"}, "route": to_upstream, "request_headers_to_add": name}),
    ]
}
