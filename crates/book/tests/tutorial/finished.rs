//! The tutorial's last step, the finished filter.

#[path = "../../examples/auth_gate.rs"]
mod auth_gate;

// ANCHOR: all
use proxy_filter_test::{Proxy, Request, Response, Service, filter_test};

const CONFIGURATION: &str = r#"{"copied_header": "x-trace", "auth_cluster": "auth", "max_body": 8}"#;

/// Starts a service that knows the user of each request.
fn service_knows_ann(proxy: &Proxy) {
    proxy.service("auth", Service::Http(Response::new(200).header("x-user", "ann")));
}

fn post(chunks: &[&str]) -> Request {
    Request::post("/", chunks).header("authorization", "secret").header("x-trace", "7")
}

filter_test! {
    http auth_gate::AuthGate => "auth-gate";

    fn the_upstream_gets_the_user(proxy) {
        service_knows_ann(proxy);
        let exchange = proxy.load(CONFIGURATION).send(post(&["12345678"]));
        exchange.expect_upstream_header("x-user", &["ann"]).expect_header("x-trace", &["7"]);
    }

    fn denials_are_counted(proxy) {
        proxy.service("auth", Service::Http(Response::new(401)));
        let plugin = proxy.load(CONFIGURATION);
        proxy.reset_metrics();
        plugin.send(post(&[])).expect_status(403).expect_unreached();
        plugin.expect_metric("auth_gate.denied", 1);
    }

    // ANCHOR: body
    fn a_body_may_arrive_in_any_parts(proxy) {
        service_knows_ann(proxy);
        let plugin = proxy.load(CONFIGURATION);
        for chunks in [&["12345678"] as &[_], &["1234", "5678"], &["1", "2345", "678"]] {
            plugin.send(post(chunks)).expect_status(200).expect_upstream_body("12345678");
        }
        for chunks in [&["123456789"] as &[_], &["12345678", "9"], &["1", "2345", "6789"]] {
            plugin.send(post(chunks)).expect_status(413);
        }
    }
    // ANCHOR_END: body

    fn a_wrong_configuration_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"copied_header": "x-trace", "auth_cluster": "auth", "max_body": -1}"#);
        assert!(reason.contains("max_body: "), "{reason}");
        let framing = r#"{"copied_header": "content-length", "auth_cluster": "auth", "max_body": 8}"#;
        let reason = proxy.refuses(framing);
        assert!(reason.contains("copied_header: "), "{reason}");
    }
}
// ANCHOR_END: all
