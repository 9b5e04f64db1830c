//! The first steps of the tutorial's filter in three proxies.
#![allow(unreachable_pub, reason = "the examples are crates of their own elsewhere")]

use std::time::Duration;

use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

#[path = "../examples/ask_service.rs"]
mod ask_service;
#[path = "../examples/copy_header.rs"]
mod copy_header;
#[path = "../examples/count_denials.rs"]
mod count_denials;
#[path = "../examples/greet.rs"]
mod greet;

mod greets {
    use super::*;

    filter_test! {
        http greet::Greeter => "tests/greet";

        fn every_response_gets_the_header(proxy) {
            proxy.load("world!").send(Request::get("/")).expect_header("hello", &["world!"]);
        }
    }
}

mod copies {
    use super::*;

    // ANCHOR: copy_header
    filter_test! {
        http copy_header::AuthGate => "tests/copy_header";

        fn a_header_of_the_request_is_copied_to_the_response(proxy) {
            let plugin = proxy.load(r#"{"copied_header": "x-trace"}"#);
            plugin.send(Request::get("/").header("x-trace", "7")).expect_header("x-trace", &["7"]);
            plugin.send(Request::get("/")).expect_header("x-trace", &[]);
        }

        fn any_bytes_are_copied(proxy) {
            let plugin = proxy.load(r#"{"copied_header": "x-trace"}"#);
            let exchange = plugin.send(Request::get("/").header("x-trace", b"\xff\xfe"));
            assert_eq!(exchange.headers().first(b"x-trace"), Some(b"\xff\xfe".as_slice()));
        }

        fn a_wrong_configuration_is_refused(proxy) {
            let reason = proxy.refuses(r#"{"copied_header": "x trace"}"#);
            assert!(reason.contains("copied_header: `x trace` is not a header name"), "{reason}");
        }
    }
    // ANCHOR_END: copy_header
}

// ANCHOR: service
/// Starts a service that knows the user of each request.
fn service_knows_ann(proxy: &Proxy) {
    proxy.service("auth", Service::Http(Response::new(200).header("x-user", "ann")));
}

fn authorized() -> Request {
    Request::get("/").header("authorization", "secret")
}
// ANCHOR_END: service

mod asks {
    use super::*;

    const CONFIGURATION: &str = r#"{"copied_header": "x-trace", "auth_cluster": "auth"}"#;

    // ANCHOR: ask_service
    filter_test! {
        http ask_service::AuthGate => "tests/ask_service";

        fn the_upstream_gets_the_user(proxy) {
            service_knows_ann(proxy);
            let plugin = proxy.load(CONFIGURATION);
            let forged = authorized().header("x-user", "root").header("x-trace", "7");
            plugin.send(forged).expect_upstream_header("x-user", &["ann"]).expect_header("x-trace", &["7"]);
            assert_eq!(proxy.calls_to("auth").len(), 1);
        }

        fn without_authorization_nobody_is_asked(proxy) {
            service_knows_ann(proxy);
            let plugin = proxy.load(CONFIGURATION);
            plugin.send(Request::get("/")).expect_status(401).expect_unreached();
            assert!(proxy.calls_to("auth").is_empty());
        }

        fn the_service_can_deny(proxy) {
            proxy.service("auth", Service::Http(Response::new(401)));
            proxy.load(CONFIGURATION).send(authorized()).expect_status(403).expect_unreached();
        }

        fn a_service_that_is_down_lets_nobody_pass(proxy) {
            proxy.service("auth", Service::Down);
            proxy.load(CONFIGURATION).send(authorized()).expect_status(503).expect_unreached();
        }

        fn a_service_that_is_silent_lets_nobody_pass(proxy) {
            proxy.service("auth", Service::Silent);
            proxy.load(CONFIGURATION).send(authorized()).expect_status(503).expect_unreached();
        }

        fn a_cluster_that_is_missing_lets_nobody_pass(proxy) {
            proxy.load(CONFIGURATION).send(authorized()).expect_status(503).expect_unreached();
        }

        fn an_answer_for_a_client_that_left_changes_nothing(proxy) {
            proxy.service("auth", Service::Silent);
            let plugin = proxy.load(CONFIGURATION);
            plugin.send_and_leave(&authorized());
            proxy.wait(Duration::from_secs(1));
            plugin.send(Request::get("/")).expect_status(401);
        }
    }
    // ANCHOR_END: ask_service
}

mod counts {
    use super::*;

    const CONFIGURATION: &str = r#"{"copied_header": "x-trace", "auth_cluster": "auth"}"#;

    // ANCHOR: count_denials
    filter_test! {
        http count_denials::AuthGate => "tests/count_denials";

        fn denials_are_counted(proxy) {
            service_knows_ann(proxy);
            let plugin = proxy.load(CONFIGURATION);
            proxy.reset_metrics();
            plugin.send(authorized()).expect_status(200);
            plugin.send(Request::get("/")).expect_status(401);
            proxy.service("auth", Service::Http(Response::new(401)));
            plugin.send(authorized()).expect_status(403);
            plugin.expect_metric("auth_gate.denied", 2);
        }
    }
    // ANCHOR_END: count_denials
}
