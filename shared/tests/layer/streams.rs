//! gRPC streams.

use proxy_filter_test::{Proxy, Request, Service, filter_test};

#[path = "../../examples/watch_prices.rs"]
mod watch_prices;

fn prices(proxy: &Proxy, messages: &[&str], status: u32) {
    let messages = messages.iter().map(|message| message.as_bytes().to_vec()).collect();
    proxy.service("prices", Service::GrpcStream(messages, status));
}

fn tea_and_cake() -> Request {
    Request::get("/").header("x-item", "tea").header("x-item", "cake")
}

filter_test! {
    http watch_prices::WatchPrices => "tests/watch_prices";

    fn two_messages(proxy) {
        prices(proxy, &["3"], 0);
        let plugin = proxy.load("");
        for _ in 0..3 {
            plugin.send(tea_and_cake()).expect_status(200).expect_upstream_header("x-prices", &["3 3"]);
            let sent = |call: &Request| ([":path", "x-client"].map(|name| call.headers.values(name).concat()), call.body.concat());
            let calls = proxy.calls_to("prices");
            let headers = ["/example.Prices/Watch", "watch_prices"].map(str::to_owned);
            assert_eq!(
                calls.iter().map(sent).collect::<Vec<_>>(),
                [(headers.clone(), b"tea".to_vec()), (headers, b"cake".to_vec())]
            );
        }
        proxy.model_only("it does not count outstanding calls");
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn more_messages_than_questions(proxy) {
        prices(proxy, &["3", "4", ""], 0);
        let plugin = proxy.load("");
        plugin.send(tea_and_cake()).expect_status(200).expect_upstream_header("x-prices", &["3 4  3 4"]);
    }

    fn no_messages(proxy) {
        prices(proxy, &["3"], 0);
        proxy.load("").send(Request::get("/")).expect_upstream_header("x-prices", &[""]);
    }

    fn the_service_ends_the_stream_with_a_status(proxy) {
        prices(proxy, &[], 8);
        let plugin = proxy.load("");
        for _ in 0..3 {
            plugin.send(tea_and_cake()).expect_status(503).expect_body("gRPC status 8\n");
        }
        proxy.model_only("it does not count outstanding calls");
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn the_service_ends_the_stream_after_a_message(proxy) {
        prices(proxy, &["3"], 5);
        let plugin = proxy.load("");
        let one = Request::get("/").header("x-item", "tea");
        plugin.send(one).expect_status(503).expect_unreached();
        plugin.send(tea_and_cake()).expect_status(503).expect_unreached();
    }

    fn a_service_that_refuses_connections(proxy) {
        proxy.service("prices", Service::Down);
        let plugin = proxy.load("");
        plugin.send(tea_and_cake()).expect_status(503).expect_body("gRPC status 14\n");
    }

    fn a_service_that_does_not_exist(proxy) {
        let plugin = proxy.load("");
        plugin.send(tea_and_cake()).expect_status(503).expect_body("not sent: internal failure of the host\n");
        plugin.send(Request::get("/")).expect_status(503);
    }

    fn a_client_that_leaves_while_the_service_is_silent(proxy) {
        proxy.service("prices", Service::Silent);
        let plugin = proxy.load("");
        plugin.send_and_leave(&tea_and_cake());
        plugin.send_and_leave(&tea_and_cake());
        assert_eq!(proxy.calls_outstanding(), 0);
    }
}
