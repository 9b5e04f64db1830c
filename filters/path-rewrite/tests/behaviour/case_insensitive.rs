//! Prefixes and exact paths that ignore case.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn rules_can_ignore_case(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/Old", "replace": "/New", "case_insensitive": true},
            {"exact": "/health", "replace": "/healthz", "case_insensitive": true},
            {"prefix": "/exactly", "replace": "/other"}
        ]}"#);
        for (target, expected) in [
            ("/old", "/New"),
            ("/OLD/aB?c=D", "/New/aB?c=D"),
            ("/oLd/..", "/oLd/.."),
            ("/older", "/older"),
            ("/ol", "/ol"),
            ("/Health", "/healthz"),
            ("/HEALTH/", "/HEALTH/"),
            ("/healt", "/healt"),
            ("/Exactly", "/Exactly"),
            ("/exactly", "/other"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn only_ascii_letters_have_a_case(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/%c3%a9[", "replace": "/x", "case_insensitive": true}]}"#);
        plugin.send(Request::get("/%C3%A9[/a")).expect_upstream_path("/x/a");
        plugin.send(Request::get("/%C3%A9{/a")).expect_upstream_path("/%C3%A9{/a");
    }
}
