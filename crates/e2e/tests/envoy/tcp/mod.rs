//! tcp-prepend with real peers: it sends its payloads and leaves all other bytes unchanged.

mod connections;
mod peers;
mod proxy_protocol;
mod streams;
mod tls;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::Fixture;

use crate::Case;

pub(crate) const TESTS: [Case; 6] = [
    ("tcp_16_mib_both_ways_at_once_follow_the_payloads_unchanged", streams::both_ways),
    ("tcp_either_side_may_half_close_first", streams::half_closes),
    ("tcp_payloads_before_every_chunk_stop_at_most_chunks", streams::every_chunk),
    ("tcp_clients_that_send_nothing_or_leave_at_once", connections::empty),
    ("tcp_1000_connections_at_once", connections::a_thousand),
    ("tcp_a_server_that_speaks_first_reaches_the_client", peers::server_first),
];

/// Tests that run programs from Debian packages.
pub(crate) const WITH_PROGRAMS: [Case; 5] = [
    ("tcp_nginx_reads_the_clients_address", proxy_protocol::nginx),
    ("tcp_another_parser_reads_the_tlvs", proxy_protocol::tlvs),
    ("tcp_the_tls_server_name_arrives_as_a_tlv", tls::passed_on),
    ("tcp_the_server_name_of_terminated_tls_arrives_as_a_tlv", tls::terminated),
    ("tcp_redis_works_with_the_filter", peers::redis),
];

/// A listener of the shared Envoy, with the filter in front of an upstream.
struct Listener<'a> {
    fixture: &'a Fixture,
    name: String,
}

impl<'a> Listener<'a> {
    fn start(fixture: &'a Fixture, configuration: &str, upstream: SocketAddr) -> Result<Self> {
        Self::start_with(fixture, configuration, upstream, |bootstrap| bootstrap)
    }

    /// Starts a listener with options of the bootstrap.
    fn start_with(
        fixture: &'a Fixture,
        configuration: &str,
        upstream: SocketAddr,
        options: impl FnOnce(Bootstrap) -> Bootstrap,
    ) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tcp-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let filter = Filter::new("tcp-prepend", configuration);
        fixture.add(|bootstrap| options(bootstrap).cluster(&name, upstream).tcp(&name, &[filter], &name))?;
        Ok(Self { fixture, name })
    }

    fn address(&self) -> Result<SocketAddr> {
        self.fixture.envoy.address(&self.name)
    }

    /// Returns the number of open connections.
    fn active(&self) -> Result<u64> {
        let name = format!("listener.{}.downstream_cx_active", self.name);
        self.fixture.envoy.stat(&name)?.with_context(|| format!("Envoy has no statistic {name}"))
    }
}
