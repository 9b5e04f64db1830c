//! Replacements with header values and attributes.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn replacements_can_have_header_values(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/prefix", "replace": "/t/%REQ(x-tenant)%"},
            {"exact": "/exact", "replace": "/%REQ(x-tenant):2%/e?t=%REQ(x-none?x-tenant)%"},
            {"template": "/template/{id}", "replace": "/%REQ(x-tenant)%-{id}/{id}"},
            {"regex": "^/regex/(.*)$", "replace": "/%REQ(x-tenant)%/$1"},
            {"regex": "", "replace": "/none", "occurrences": "first"}
        ]}"#);
        for (target, tenant, expected) in [
            ("/prefix/a?b=c", "acme", "/t/acme/a?b=c"),
            ("/prefix", "a/b", "/t/a%2Fb"),
            ("/prefix/x", "$1{id}\\ %2f?&=#;", "/t/%241%7Bid%7D%5C%20%252f%3F%26%3D%23%3B/x"),
            ("/exact", "a&b", "/a%26/e?t=a%26b"),
            ("/template/7", "{id}", "/%7Bid%7D-7/7"),
            ("/regex/a/b", "$0", "/%240/a/b"),
            ("/prefix/caf", "caf\u{e9}", "/t/caf%C3%A9/caf"),
            // An empty value: the rule does not apply.
            ("/prefix/a", "", "/none/prefix/a"),
        ] {
            plugin.send(Request::get(target).header("x-tenant", tenant)).expect_upstream_path(expected);
        }
        plugin.send(Request::get("/exact")).expect_upstream_path("/none/exact");
    }

    fn values_with_dot_segments_are_unsafe(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/t/%REQ(x-tenant)%"},
            {"prefix": "/b", "replace": "/.%REQ(x-tenant)%"},
            {"regex": "^/c/(.*)$", "replace": "/t/%REQ(x-tenant)%/$1"},
            {"regex": "^/d[0-9]$", "replace": "/t/%REQ(x-tenant)%"}
        ], "on_unsafe": "reject"}"#);
        for (target, tenant) in [
            ("/a", ".."),
            ("/a", "."),
            ("/a", "a/.."),
            ("/a", "..\\a"),
            ("/a", "..;x"),
            ("/a/../..", ".."),
            ("/b", "."),
            ("/c/x", ".."),
            // Escapes from the directory of the replacement, which the value is a part of.
            ("/c/../x", "acme"),
            ("/a/../x", "acme"),
            ("/a", &"x".repeat(8192)),
        ] {
            plugin.send(Request::get(target).header("x-tenant", tenant)).expect_status(400).expect_unreached();
        }
        plugin.send(Request::get("/a/x").header("x-tenant", "..a")).expect_upstream_path("/t/..a/x");
        // No rule applies, though each path begins like one that a rule matches.
        for target in ["/ax", "/bc", "/d"] {
            let request = Request::get(target).header("x-tenant", "..");
            plugin.send(request).expect_upstream_path(target);
        }
    }

    fn percent_signs_that_begin_no_command_stay(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"exact": "/a", "replace": "/%2F%REQ%%zz%41(x)%FE_A(b)%"}]}"#);
        plugin.send(Request::get("/a").header("x", "1")).expect_upstream_path("/%2F%REQ%%zz%41(x)%FE_A(b)%");
    }

    fn replacements_can_have_attributes(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/%ATTR(request.method)%", "redirect": {"status": 302}},
            {"prefix": "/b", "replace": "/%ATTR(plugin_name)%"},
            {"prefix": "/c", "replace": "/%ATTR(connection.requested_server_name)%"}
        ]}"#);
        plugin.send(Request::get("/a/b")).expect_header("location", &["http://a.example/GET/b"]);
        plugin.send(Request::get("/b/c")).expect_upstream_path("/plugin/c");
        plugin.send(Request::get("/c")).expect_upstream_path("/c");
    }
}
