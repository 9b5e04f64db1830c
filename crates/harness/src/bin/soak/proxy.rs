//! The Envoy that is soaked.

use std::net::SocketAddr;

use anyhow::Result;
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::chained::{self, Limits};
use serde_json::{Value, json};

use crate::upstream;

/// The workers.
pub(crate) const WORKERS: u32 = 4;

/// The listener with all HTTP filters.
const HTTP: &str = "http";

/// The listener with all TCP filters.
const TCP: &str = "tcp";

/// Requests of a client at once. A greedy client sends more, all others less.
const BURST: u32 = 40;

/// Requests in flight of a client, and connections of a client.
const AT_ONCE: usize = 64;

/// A running Envoy and its upstreams.
pub(crate) struct Proxy {
    pub(crate) envoy: Envoy,
    upstreams: [SocketAddr; 2],
}

impl Proxy {
    /// Starts them.
    ///
    /// # Errors
    /// Envoy is missing, or does not start.
    pub(crate) fn start() -> Result<Self> {
        let upstreams = [upstream::http()?, upstream::tcp()?];
        Ok(Self { envoy: Envoy::start_watching(&bootstrap(upstreams, 0))?, upstreams })
    }

    /// Replaces the listeners by others, in which one filter has another configuration, and one rule another limit.
    ///
    /// # Errors
    /// Envoy refuses them.
    pub(crate) fn reload(&self, number: u32) -> Result<()> {
        self.envoy.reload(&bootstrap(self.upstreams, number))
    }

    /// Returns the addresses of the HTTP and of the TCP listener.
    ///
    /// # Errors
    /// Envoy has no such listener.
    pub(crate) fn addresses(&self) -> Result<[SocketAddr; 2]> {
        Ok([self.envoy.address(HTTP)?, self.envoy.address(TCP)?])
    }
}

fn bootstrap([http, tcp]: [SocketAddr; 2], reload: u32) -> Bootstrap {
    let limits = Limits { burst: BURST, at_once: AT_ONCE };
    let of_connections = Limits { burst: u32::MAX, ..limits };
    let mut filters: Vec<_> = chained::http(limits).into_iter().map(|(_, filter)| filter).collect();
    // What a reload changes: a header, and the table of a rule.
    let header = json!({"response": [{"action": "set", "name": "x-reload", "value": reload.to_string()}]});
    filters.push(built::filter("add-header", &header.to_string()).named("reload-header", "reload"));
    let rule = json!({"name": "changes", "key": [{"client_ip": {}}], "limit": 1_000_000, "period": "60s", "burst": 1_000_000 - reload});
    let changing = json!({"rules": [rule]}).to_string();
    filters.push(built::filter("rate-limit", &changing).named("reload-limit", "reload-limit"));
    Bootstrap::default()
        .workers(WORKERS)
        .cluster("http", http)
        .cluster("tcp", tcp)
        .tcp(TCP, &[chained::rate_limit_tcp(of_connections), chained::tcp_prepend(&["10.0.0.0/8"])], "tcp")
        .trusted_hops(1)
        .routed(HTTP, &filters, &routes())
}

/// Most requests get their response from Envoy, which costs less.
fn routes() -> [Value; 2] {
    let body = json!({"inline_string": "{\"usage\":{\"total_tokens\": 1}}"});
    [
        json!({"match": {"prefix": "/real"}, "route": {"cluster": "http", "timeout": "30s"}}),
        json!({"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": body}}),
    ]
}
