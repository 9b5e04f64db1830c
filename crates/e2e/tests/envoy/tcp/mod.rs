//! tcp-prepend with real peers: it sends its payloads and leaves all other bytes unchanged.

mod certificates;
mod connections;
mod listener;
mod merged;
mod peers;
mod proxy_protocol;

mod streams;
mod tls;
mod upstream;

use crate::Case;

pub(crate) const TESTS: [Case; 8] = [
    ("tcp_16_mib_both_ways_at_once_follow_the_payloads_unchanged", streams::both_ways),
    ("tcp_either_side_may_half_close_first", streams::half_closes),
    ("tcp_payloads_before_every_chunk_stop_at_most_chunks", streams::every_chunk),
    ("tcp_clients_that_send_nothing_or_leave_at_once", connections::empty),
    ("tcp_1000_connections_at_once", connections::a_thousand),
    ("tcp_a_server_that_waits_for_the_header_gets_it_with_the_clients", merged::server_first),
    ("tcp_envoys_listener_filter_hands_tlvs_on_as_metadata", merged::metadata),
    ("tcp_a_server_that_speaks_first_reaches_the_client", peers::server_first),
];

/// Tests that run programs from Debian packages.
pub(crate) const WITH_PROGRAMS: [Case; 8] = [
    ("tcp_nginx_reads_the_clients_address", proxy_protocol::nginx),
    ("tcp_another_parser_reads_the_tlvs", proxy_protocol::tlvs),
    ("tcp_the_tls_server_name_arrives_as_a_tlv", tls::passed_on),
    ("tcp_the_server_name_of_terminated_tls_arrives_as_a_tlv", tls::terminated),
    ("tcp_varnish_reads_the_clients_tls", certificates::varnish),
    ("tcp_haproxy_reads_the_checksum_and_what_the_client_sent", merged::haproxy),
    ("tcp_a_header_that_the_client_does_not_finish_ends_with_the_idle_timeout", merged::unfinished),
    ("tcp_redis_works_with_the_filter", peers::redis),
];
