//! The tutorial's step that counts denials.
#![allow(unused_imports, reason = "the macro below has the name of the reader's")]

#[path = "../../examples/count_denials.rs"]
mod auth_gate;

/// The reader's module is `auth-gate` in every step. Here it is the step's.
macro_rules! filter_test {
    (http $filter:ty => "auth-gate"; $($tests:tt)+) => {
        proxy_filter_test::filter_test! { http $filter => "tests/count_denials"; $($tests)+ }
    };
}

// ANCHOR: all
use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

const CONFIGURATION: &str = r#"{"copied_header": "x-trace", "auth_cluster": "auth"}"#;

/// Starts a service that knows the user of each request.
fn service_knows_ann(proxy: &Proxy) {
    proxy.service("auth", Service::Http(Response::new(200).header("x-user", "ann")));
}

fn authorized() -> Request {
    Request::get("/").header("authorization", "secret")
}

filter_test! {
    http auth_gate::AuthGate => "auth-gate";

    // ANCHOR: counted
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
    // ANCHOR_END: counted
}
// ANCHOR_END: all
