//! TCP filters.

use proxy_filter_test::{TcpExchange, filter_test};

#[path = "../../examples/admit_network.rs"]
mod admit_network;
#[path = "../../examples/count_bytes.rs"]
mod count_bytes;

filter_test! {
    tcp admit_network::AdmitNetwork => "tests/admit_network";

    fn a_connection_is_closed_before_its_first_byte(proxy) {
        let plugin = proxy.load("10").upstream_sends(&[b"never"]);
        let exchange = plugin.send_tcp(&[b"one", b"two"]);
        assert_eq!(exchange, TcpExchange::default(), "{exchange}");
        plugin.expect_log("Info: closed");
    }

    fn a_connection_that_is_admitted_passes_until_it_ends(proxy) {
        let plugin = proxy.load("127").upstream_sends(&[b"three"]);
        for _ in 0..2 {
            let exchange = plugin.send_tcp(&[b"one", b"two"]);
            let expected = TcpExchange { upstream: b"onetwo".to_vec(), client: b"three".to_vec() };
            assert_eq!(exchange, expected, "{exchange}");
        }
        plugin.expect_log("Info: ended: 0 open");
    }
}

filter_test! {
    tcp count_bytes::CountBytes => "tests/count_bytes";

    fn both_directions_pass_in_order(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load("").upstream_sends(&[b"three", b"four"]);
        let exchange = plugin.send_tcp(&[b"one", b"two"]);
        let expected = TcpExchange { upstream: b"onetwo".to_vec(), client: b"threefourbye\n".to_vec() };
        assert_eq!(exchange, expected, "{exchange}");
        plugin.expect_log("Info: 6 bytes up, 9 down");
        plugin.expect_metric("count_bytes.connections", 1);
    }

    fn a_filter_can_close_a_connection(proxy) {
        let plugin = proxy.load("").upstream_sends(&[b"never"]);
        let exchange = plugin.send_tcp(&[b"one", b"quit\n", b"two"]);
        assert_eq!(exchange.upstream, b"one", "{exchange}");
        assert_eq!(exchange.client, b"", "{exchange}");
    }
}
