//! The tutorial's step that copies a header.
#![allow(unused_imports, reason = "the macro below has the name of the reader's")]

#[path = "../../examples/copy_header.rs"]
mod auth_gate;

/// The reader's module is `auth-gate` in every step. Here it is the step's.
macro_rules! filter_test {
    (http $filter:ty => "auth-gate"; $($tests:tt)+) => {
        proxy_filter_test::filter_test! { http $filter => "tests/copy_header"; $($tests)+ }
    };
}

// ANCHOR: all
use proxy_filter_test::{Request, filter_test};

const CONFIGURATION: &str = r#"{"copied_header": "x-trace"}"#;

filter_test! {
    http auth_gate::AuthGate => "auth-gate";

    // ANCHOR: copied
    fn a_header_of_the_request_is_copied_to_the_response(proxy) {
        let plugin = proxy.load(CONFIGURATION);
        plugin.send(Request::get("/").header("x-trace", "7")).expect_header("x-trace", &["7"]);
        plugin.send(Request::get("/")).expect_header("x-trace", &[]);
    }
    // ANCHOR_END: copied

    fn any_bytes_are_copied(proxy) {
        let exchange = proxy.load(CONFIGURATION).send(Request::get("/").header("x-trace", b"\xff\xfe"));
        assert_eq!(exchange.headers().first(b"x-trace"), Some(b"\xff\xfe".as_slice()));
    }

    fn a_wrong_configuration_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"copied_header": "x trace"}"#);
        assert!(reason.contains("copied_header: `x trace` is not a header name"), "{reason}");
    }

    fn a_header_that_delimits_the_body_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"copied_header": "content-length"}"#);
        assert!(reason.contains("copied_header: `content-length` delimits the body"), "{reason}");
    }
}
// ANCHOR_END: all
