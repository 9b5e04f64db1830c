//! tcp-prepend before real peers: what it sends, and that nothing else changes.

mod connections;
mod peers;
mod preambles;
mod streams;
mod tls;

use std::net::SocketAddr;

use anyhow::Result;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;

use crate::Case;

pub(crate) const TESTS: [Case; 7] = [
    ("tcp_64_mib_both_ways_at_once_are_the_same_bytes_behind_the_payloads", streams::both_ways),
    ("tcp_either_side_may_half_close_first", streams::half_closes),
    ("tcp_payloads_of_every_chunk_end_where_configured", streams::every_chunk),
    ("tcp_clients_that_send_nothing_or_are_gone_at_once", connections::empty),
    ("tcp_1000_connections_at_once", connections::a_thousand),
    ("tcp_the_server_name_is_known_where_the_listener_ends_tls", tls::ended),
    ("tcp_a_server_that_greets_first_is_heard", peers::server_first),
];

/// Those that run Debian's programs.
pub(crate) const WITH_PROGRAMS: [Case; 4] = [
    ("tcp_nginx_reads_who_the_client_is", preambles::nginx),
    ("tcp_tlvs_are_read_by_another_parser", preambles::tlvs),
    ("tcp_the_server_name_of_tls_arrives_as_a_tlv", tls::server_name),
    ("tcp_redis_works_behind_the_filter", peers::redis),
];

/// An Envoy with the filter before an upstream.
fn start(configuration: &str, upstream: SocketAddr) -> Result<Envoy> {
    let filter = Filter::new("tcp-prepend", configuration);
    Envoy::start(&Bootstrap::default().cluster("upstream", upstream).tcp("tcp", &[filter], "upstream"))
}
