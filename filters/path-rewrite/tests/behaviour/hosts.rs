//! Rules that change the host.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn rules_can_set_the_host(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/b", "host": "backend.example:8443"},
            {"exact": "/c", "host": "[::1]"},
            {"prefix": "/same", "host": "a.example"}
        ]}"#);
        for (target, path, host) in [
            ("/a/x?y", "/b/x?y", "backend.example:8443"),
            ("/c?d", "/c?d", "[::1]"),
            ("/same", "/same", "a.example"),
            ("/other", "/other", "a.example"),
        ] {
            plugin.send(Request::get(target))
                .expect_status(200)
                .expect_upstream_path(path)
                .expect_upstream_header(":authority", &[host]);
        }
        for (rule, rewritten) in [1, 1, 0].into_iter().enumerate() {
            plugin.expect_metric(&format!("path_rewrite.rewritten.filter.plugin.rule.{rule}"), rewritten);
        }
    }

    fn a_regex_sees_the_host_in_lower_case_and_without_its_port(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/keep", "replace": "/kept", "host": {"regex": "^(?P<who>[a-z]+)\\.example\\.com$", "replace": "${who}.internal:81"}},
            {"prefix": "/", "host": {"regex": "-", "replace": "."}},
            {"prefix": "/", "replace": "/none"}
        ]}"#);
        for (authority, target, host, path) in [
            ("Tenant.Example.com:8080", "/keep/a", "tenant.internal:81", "/kept/a"),
            ("a.b.example.com", "/keep/a", "a.b.example.com", "/none/keep/a"),
            ("a-b-c.example", "/x", "a.b.c.example", "/x"),
            ("abc.example", "/x", "abc.example", "/none/x"),
        ] {
            plugin.send(Request::get(target).authority(authority))
                .expect_upstream_path(path)
                .expect_upstream_header(":authority", &[host]);
        }
    }

    fn rules_that_continue_see_the_new_host(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/", "host": {"regex": "^www\\.", "replace": ""}, "continue": true},
            {"prefix": "/a", "replace": "/b", "continue": true},
            {"prefix": "/", "host": {"regex": "^([a-z]+)\\.example$", "replace": "$1.internal"}}
        ]}"#);
        for (authority, target, host, path) in [
            ("www.shop.example", "/a/1", "shop.internal", "/b/1"),
            ("shop.example", "/c", "shop.internal", "/c"),
            ("www.example.org", "/a", "example.org", "/b"),
        ] {
            plugin.send(Request::get(target).authority(authority))
                .expect_upstream_path(path)
                .expect_upstream_header(":authority", &[host]);
        }
    }

    fn a_host_that_is_not_valid_is_unsafe(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/", "host": {"regex": "^([^.]*)\\.?(.*)$", "replace": "$2.$1"}}],
                                   "on_unsafe": "reject"}"#);
        plugin.send(Request::get("/").authority("b.a")).expect_upstream_header(":authority", &["a.b"]);
        for authority in ["a", "1.0.0", "x."] {
            plugin.send(Request::get("/").authority(authority)).expect_status(400).expect_unreached();
        }
        plugin.expect_metric("path_rewrite.rewritten.filter.plugin.rule.0", 1);
        plugin.expect_metric("path_rewrite.unsafe.filter.plugin.rule.0", 3);
    }

    fn searches_in_hosts_share_the_requests_budget(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/", "host": {"regex": "x(?:.{0,900}.{0,900}~)?", "replace": "y"}}
        ], "on_unsafe": "reject"}"#);
        let long = format!("x.{}", "a.".repeat(120) + "example");
        plugin.send(Request::get("/").authority(&long)).expect_status(400).expect_unreached();
        plugin.send(Request::get("/").authority("x.org")).expect_upstream_header(":authority", &["y.org"]);
    }
}
