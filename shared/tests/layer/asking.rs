//! Calls to other services that a filter awaits.

use std::time::Duration;

use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

#[path = "../../examples/ask_services.rs"]
mod ask_services;

fn auth(proxy: &Proxy) {
    proxy.service("auth", Service::Http(Response::new(200).body(&["ann"])));
}

fn prices(proxy: &Proxy) {
    proxy.service("prices", Service::Http(Response::new(200).body(&["3"])));
}

fn ann() -> Request {
    Request::get("/").header("authorization", "secret").header("x-user", "root")
}

filter_test! {
    http ask_services::AskServices => "tests/ask_services";

    fn headers_are_edited_after_a_response(proxy) {
        auth(proxy);
        proxy.load("").send(ann()).expect_status(200).expect_upstream_header("x-user", &["ann"]);
        assert_eq!(proxy.calls_to("auth").len(), 1);
    }

    fn a_request_that_awaits_nothing(proxy) {
        auth(proxy);
        proxy.load("").send(Request::get("/")).expect_status(401).expect_body("authorization is missing\n");
        assert!(proxy.calls_to("auth").is_empty());
    }

    fn one_call_after_the_other(proxy) {
        auth(proxy);
        proxy.service("quota", Service::Grpc(b"fine".to_vec()));
        let plugin = proxy.load("");
        let request = ann().header("x-cost", "3");
        plugin.send(request.clone()).expect_status(200).expect_upstream_header("x-user", &["ann"]);
        assert_eq!(proxy.calls_to("quota").len(), 1);
        proxy.service("quota", Service::GrpcStatus(8));
        plugin.send(request).expect_status(429).expect_unreached();
    }

    fn two_calls_at_once(proxy) {
        auth(proxy);
        prices(proxy);
        proxy.service("stock", Service::Grpc(b"7".to_vec()));
        let item = ann().header("x-item", "tea");
        let exchange = proxy.load("").send(item);
        exchange.expect_status(200).expect_upstream_header("x-price", &["3"]).expect_upstream_header("x-stock", &["7"]);
        let sent = |cluster| proxy.calls_to(cluster).iter().map(|call| call.body.concat()).collect::<Vec<_>>();
        assert_eq!([sent("prices"), sent("stock")], [[b"tea"], [b"tea"]]);
    }

    fn one_of_two_calls_fails(proxy) {
        auth(proxy);
        prices(proxy);
        proxy.service("stock", Service::GrpcStatus(5));
        let plugin = proxy.load("");
        plugin.send(ann().header("x-item", "tea")).expect_status(200).expect_upstream_header("x-stock", &[""]);
    }

    fn one_of_two_calls_is_not_sent(proxy) {
        auth(proxy);
        prices(proxy);
        let plugin = proxy.load("");
        plugin.send(ann().header("x-item", "tea")).expect_status(200).expect_upstream_header("x-stock", &[""]);
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn one_of_two_calls_is_slow(proxy) {
        auth(proxy);
        prices(proxy);
        proxy.service("stock", Service::Silent);
        let plugin = proxy.load("");
        plugin.send(ann().header("x-item", "tea")).expect_status(200).expect_upstream_header("x-price", &["3"]);
    }

    fn calls_at_once_time_out_at_once(proxy) {
        auth(proxy);
        proxy.service("prices", Service::Silent);
        proxy.service("stock", Service::Silent);
        let plugin = proxy.load("");
        plugin.send(ann().header("x-item", "tea")).expect_status(503).expect_unreached();
    }

    fn a_service_that_refuses_connections(proxy) {
        proxy.service("auth", Service::Down);
        proxy.load("").send(ann()).expect_status(403).expect_unreached();
    }

    fn a_service_that_does_not_exist(proxy) {
        proxy.load("").send(ann()).expect_status(503).expect_unreached();
    }

    fn a_body_waits_with_its_request(proxy) {
        auth(proxy);
        let request = Request::post("/", &["a", "b"]).header("authorization", "secret");
        proxy.load("").send(request).expect_status(200).expect_upstream_body("ab");
    }

    fn a_client_that_leaves_cancels_the_calls(proxy) {
        auth(proxy);
        prices(proxy);
        proxy.service("stock", Service::Silent);
        let plugin = proxy.load("");
        plugin.send_and_leave(&ann().header("x-item", "tea"));
        plugin.expect_log("Info: ended after asking prices and stock");
        plugin.send(ann()).expect_status(200);
        assert_eq!(proxy.calls_outstanding(), 0);
    }
}

#[test]
fn two_silent_services_take_as_long_as_one() {
    let proxy = proxy_model::Proxy::new(1, proxy_model::NativeHttp::<ask_services::AskServices>::default);
    proxy.service("auth", Service::Http(Response::new(200)));
    proxy.service("prices", Service::Silent);
    proxy.service("stock", Service::Silent);
    let plugin = proxy.load("", "plugin").unwrap();
    let before = proxy.now();
    plugin.send(0, &ann().header("x-item", "tea"));
    assert_eq!(proxy.now() - before, Duration::from_millis(500));
}
