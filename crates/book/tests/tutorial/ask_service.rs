//! The tutorial's step that calls a service.
#![allow(unused_imports, reason = "the macro below has the name of the reader's")]

#[path = "../../examples/ask_service.rs"]
mod auth_gate;

/// The reader's module is `auth-gate` in every step. Here it is the step's.
macro_rules! filter_test {
    (http $filter:ty => "auth-gate"; $($tests:tt)+) => {
        proxy_filter_test::filter_test! { http $filter => "tests/ask_service"; $($tests)+ }
    };
}

// ANCHOR: all
use std::time::Duration;

use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

const CONFIGURATION: &str = r#"{"copied_header": "x-trace", "auth_cluster": "auth"}"#;

// ANCHOR: service
/// Starts a service that knows the user of each request.
fn service_knows_ann(proxy: &Proxy) {
    proxy.service("auth", Service::Http(Response::new(200).header("x-user", "ann")));
}
// ANCHOR_END: service

fn authorized() -> Request {
    Request::get("/").header("authorization", "secret")
}

filter_test! {
    http auth_gate::AuthGate => "auth-gate";

    fn the_upstream_gets_the_user(proxy) {
        service_knows_ann(proxy);
        let plugin = proxy.load(CONFIGURATION);
        let forged = authorized().header("x-user", "root").header("x-trace", "7");
        plugin.send(forged).expect_upstream_header("x-user", &["ann"]).expect_header("x-trace", &["7"]);
        assert_eq!(proxy.calls_to("auth").len(), 1);
    }

    fn without_authorization_there_is_no_call(proxy) {
        service_knows_ann(proxy);
        let plugin = proxy.load(CONFIGURATION);
        plugin.send(Request::get("/")).expect_status(401).expect_unreached();
        assert!(proxy.calls_to("auth").is_empty());
    }

    // ANCHOR: failures
    fn the_service_can_deny(proxy) {
        proxy.service("auth", Service::Http(Response::new(401)));
        proxy.load(CONFIGURATION).send(authorized()).expect_status(403).expect_unreached();
    }

    fn a_request_is_denied_if_the_service_is_down(proxy) {
        proxy.service("auth", Service::Down);
        proxy.load(CONFIGURATION).send(authorized()).expect_status(503).expect_unreached();
    }

    fn a_request_is_denied_if_the_service_is_silent(proxy) {
        proxy.service("auth", Service::Silent);
        proxy.load(CONFIGURATION).send(authorized()).expect_status(503).expect_unreached();
    }

    fn a_request_is_denied_if_the_cluster_is_missing(proxy) {
        proxy.load(CONFIGURATION).send(authorized()).expect_status(503).expect_unreached();
    }

    fn a_client_may_leave_while_its_request_waits(proxy) {
        proxy.service("auth", Service::Silent);
        let plugin = proxy.load(CONFIGURATION);
        plugin.send_and_leave(&authorized());
        proxy.wait(Duration::from_secs(1));
        plugin.send(Request::get("/")).expect_status(401);
    }
    // ANCHOR_END: failures
}
// ANCHOR_END: all
