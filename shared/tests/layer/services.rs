//! Calls to other services.

use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

#[path = "../../examples/call_services.rs"]
mod call_services;

fn auth(proxy: &Proxy) {
    proxy.service("auth", Service::Http(Response::new(200).body(&["ann"])));
}

/// Returns the headers of a call that the tests compare.
fn headers(call: &Request) -> String {
    [":path", ":authority", "authorization"].map(|name| call.headers.values(name).concat()).join(" ")
}

fn ann() -> Request {
    Request::get("/").header("authorization", "secret").header("x-user", "root")
}

filter_test! {
    http call_services::CallServices => "tests/call_services";

    fn a_call_response_changes_the_request(proxy) {
        auth(proxy);
        let plugin = proxy.load("");
        plugin.send(ann()).expect_status(200).expect_upstream_header("x-user", &["ann"]);
        assert_eq!(
            proxy.calls_to("auth").iter().map(headers).collect::<Vec<_>>(),
            ["/user auth.example secret"]
        );
    }

    fn a_request_that_needs_no_call_gets_a_reply_at_once(proxy) {
        auth(proxy);
        proxy.load("").send(Request::get("/")).expect_status(401).expect_body("authorization is missing\n");
        assert!(proxy.calls_to("auth").is_empty());
    }

    fn a_call_response_can_end_the_request(proxy) {
        proxy.service("auth", Service::Http(Response::new(404)));
        let plugin = proxy.load("");
        plugin.send(ann()).expect_status(403).expect_unreached();
        proxy.service("auth", Service::Http(Response::new(200).body(&["a\nb"])));
        plugin.send(ann()).expect_status(502).expect_unreached();
    }

    fn one_call_after_the_other(proxy) {
        auth(proxy);
        proxy.service("quota", Service::Grpc(b"fine".to_vec()));
        let plugin = proxy.load("");
        let request = ann().header("x-cost", "3");
        plugin.send(request.clone()).expect_status(200).expect_upstream_header("x-user", &["ann"]);
        let spent = |call: &Request| (call.headers.values(":path").concat(), call.body.concat());
        assert_eq!(
            proxy.calls_to("quota").iter().map(spent).collect::<Vec<_>>(),
            [("/example.Quota/Spend".into(), b"3".to_vec())]
        );
        proxy.service("quota", Service::GrpcStatus(8));
        plugin.send(request).expect_status(429).expect_unreached();
    }

    fn a_service_that_refuses_connections(proxy) {
        proxy.service("auth", Service::Down);
        proxy.load("").send(ann()).expect_status(403).expect_unreached();
    }

    fn a_service_that_is_silent(proxy) {
        auth(proxy);
        proxy.service("quota", Service::Silent);
        let plugin = proxy.load("");
        plugin.send(ann().header("x-cost", "3")).expect_status(503).expect_unreached();
    }

    fn a_service_that_does_not_exist(proxy) {
        auth(proxy);
        let plugin = proxy.load("");
        plugin.send(ann().header("x-cost", "3")).expect_status(503).expect_unreached();
        plugin.send(ann()).expect_status(200);
    }

    fn a_client_that_leaves_cancels_its_call(proxy) {
        auth(proxy);
        proxy.service("quota", Service::Silent);
        let plugin = proxy.load("");
        plugin.send_and_leave(&ann().header("x-cost", "3"));
        plugin.send(ann()).expect_status(200);
        assert_eq!(proxy.calls_outstanding(), 0);
    }
}
