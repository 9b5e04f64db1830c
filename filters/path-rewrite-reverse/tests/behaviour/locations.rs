//! `location` and `content-location`.

use path_rewrite_reverse::PathRewrite;
use proxy_filter_test::{Request, Response, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn locations_are_mapped_back(proxy) {
        let mut plugin = proxy.load(r#"{"rules": [{"prefix": "/old", "replace": "/new", "reverse": true}]}"#);
        for (location, expected) in [
            ("/new/b?c=d#e", "/old/b?c=d#e"),
            ("/new", "/old"),
            ("/newer", "/newer"),
            ("/new/../b", "/new/../b"),
            ("b", "b"),
            ("?c", "?c"),
            ("http://a.example/new/b", "http://a.example/old/b"),
            ("https://A.example:443/new/b", "https://A.example:443/old/b"),
            ("//a.example/new/b", "//a.example/old/b"),
            ("http://a.example:8080/new/b", "http://a.example:8080/new/b"),
            ("http://b.example/new/b", "http://b.example/new/b"),
        ] {
            let upstream = Response::new(302).header("location", location).header("content-location", location);
            plugin = plugin.upstream(upstream);
            plugin
                .send(Request::get("/old/a?b=c"))
                .expect_status(302)
                .expect_upstream_path("/new/a?b=c")
                .expect_header("location", &[expected])
                .expect_header("content-location", &[expected]);
        }
    }

    fn each_rule_has_its_own_inverse(proxy) {
        let mut plugin = proxy.load(
            r#"{"rules": [
                {"prefix": "/api", "replace": "/", "reverse": true},
                {"template": "/users/{id}/posts/{post}", "replace": "/p/{post}/by/{id}", "reverse": true},
                {"regex": "^/service/([^/]+)(/.*)$", "replace": "$2/instance/$1", "reverse": true},
                {"exact": "/health", "replace": "/healthz?full=1", "reverse": true},
                {"prefix": "/kept", "replace": "/there"}
            ]}"#,
        );
        for (target, location, expected) in [
            ("/api/a", "/b/", "/api/b/"),
            ("/api/a", "/", "/api/"),
            ("/api/a", "http://a.example", "http://a.example/api/"),
            ("/users/7/posts/9", "/p/10/by/7", "/users/7/posts/10"),
            ("/users/7/posts/9", "/p/10", "/p/10"),
            ("/service/s/a", "/b/c/instance/s", "/service/s/b/c"),
            ("/health", "/healthz?full=1&x=2", "/health?x=2"),
            ("/health", "/healthz?full=12", "/health?full=12"),
            ("/kept/a", "/there/b", "/there/b"),
        ] {
            plugin = plugin.upstream(Response::new(301).header("location", location));
            plugin.send(Request::get(target)).expect_header("location", &[expected]);
        }
    }

    fn a_rule_that_makes_the_same_path_has_a_way_back(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"template": "/{a}/{b}", "replace": "/{b}/{a}", "reverse": true}]}"#,
        ).upstream(Response::new(302).header("location", "/y/z"));
        for target in ["/x/w", "/x/x"] {
            plugin.send(Request::get(target)).expect_header("location", &["/z/y"]);
        }
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/a", "replace": "/b", "reverse": true, "continue": true},
                          {"prefix": "/b", "replace": "/a", "redirect": {}}]}"#,
        ).upstream(Response::new(302).header("location", "/b/z"));
        // The redirect would lead to where the client is, so the request is not rewritten.
        plugin.send(Request::get("/a/x")).expect_upstream_path("/a/x").expect_header("location", &["/b/z"]);
    }

    fn urls_of_named_backends_lose_their_host(proxy) {
        let mut plugin = proxy.load(
            r#"{"rules": [{"prefix": "/app", "replace": "/", "reverse": {"hosts": ["backend.internal:8080", "[::1]"]}}]}"#,
        );
        for (location, expected) in [
            ("http://backend.internal:8080/a/?b#c", "/app/a/?b#c"),
            ("//Backend.internal:8080/a", "/app/a"),
            ("http://[0:0::1]/a", "/app/a"),
            ("http://backend.internal/a", "http://backend.internal/a"),
            ("http://a.example/a", "http://a.example/app/a"),
        ] {
            plugin = plugin.upstream(Response::new(301).header("location", location));
            plugin.send(Request::get("/app/x")).expect_header("location", &[expected]);
        }
        plugin = plugin.upstream(Response::new(301).header("location", "http://backend.internal:8080/../a"));
        plugin.send(Request::get("/app/x")).expect_header("location", &["http://backend.internal:8080/../a"]);
    }

    fn the_host_is_compared_as_the_client_sent_it(proxy) {
        let mut plugin = proxy.load(r#"{"rules": [{"prefix": "/old", "replace": "/new", "reverse": true}]}"#);
        for (authority, location, expected) in [
            ("A.Example:80", "http://a.example/new/a", "http://a.example/old/a"),
            ("a.example:8080", "http://a.example:8080/new/a", "http://a.example:8080/old/a"),
            ("a.example:8080", "http://a.example/new/a", "http://a.example/new/a"),
            ("[2001:db8::1]", "http://[2001:DB8:0::1]/new/a", "http://[2001:DB8:0::1]/old/a"),
        ] {
            plugin = plugin.upstream(Response::new(301).header("location", location));
            plugin.send(Request::get("/old").authority(authority)).expect_header("location", &[expected]);
        }
    }

    fn clients_are_never_sent_to_another_host(proxy) {
        let mut plugin = proxy.load(
            r#"{"rules": [{"prefix": "/", "replace": "/v1", "reverse": true}]}"#,
        );
        for location in ["/v1//evil.example", "/v1/\\evil.example", "/v1"] {
            plugin = plugin.upstream(Response::new(302).header("location", location));
            plugin.send(Request::get("/a")).expect_header("location", &[location]);
        }
    }

    fn rules_that_continue_are_undone_together(proxy) {
        let mut plugin = proxy.load(
            r#"{"rules": [
                {"prefix": "/a", "replace": "/b", "continue": true, "reverse": true},
                {"prefix": "/b", "replace": "/c?v=1", "reverse": true}
            ]}"#,
        );
        plugin = plugin.upstream(Response::new(302).header("location", "/c/x?v=1"));
        plugin.send(Request::get("/a/y")).expect_upstream_path("/c/y?v=1").expect_header("location", &["/a/x"]);
        plugin.send(Request::get("/b/y")).expect_upstream_path("/c/y?v=1").expect_header("location", &["/b/x"]);
    }

    fn a_rule_that_only_changes_the_host_takes_it_out_of_urls(proxy) {
        let mut plugin = proxy.load(
            r#"{"rules": [{"prefix": "/", "host": "backend.internal", "reverse": {"hosts": "other.internal"}}]}"#,
        );
        for (location, expected) in [
            ("http://backend.internal/a?b#c", "/a?b#c"),
            ("https://backend.internal:443/a", "/a"),
            ("http://other.internal/a", "/a"),
            ("http://a.example/a", "http://a.example/a"),
            ("http://b.example/a", "http://b.example/a"),
            ("http://backend.internal//b.example", "http://backend.internal//b.example"),
            ("/a", "/a"),
        ] {
            let upstream = Response::new(302).header("location", location).header("set-cookie", "a=b; Path=/a");
            plugin = plugin.upstream(upstream);
            plugin
                .send(Request::get("/x"))
                .expect_upstream_header(":authority", &["backend.internal"])
                .expect_header("location", &[expected])
                .expect_header("set-cookie", &["a=b; Path=/a"]);
        }
    }

    fn a_rule_with_a_new_host_is_undone_for_the_clients_host(proxy) {
        let mut plugin = proxy.load(r#"{"rules": [
            {"prefix": "/docs", "replace": "/", "host": "docs.internal:8080", "case_insensitive": true,
             "reverse": true}
        ], "forwarded_prefix": true}"#);
        for (location, expected) in [
            ("/a", "/docs/a"),
            ("http://docs.internal:8080/a", "/docs/a"),
            ("http://a.example/a", "http://a.example/docs/a"),
            ("http://docs.internal/a", "http://docs.internal/a"),
        ] {
            plugin = plugin.upstream(Response::new(302).header("location", location));
            plugin.send(Request::get("/DOCS/x"))
                .expect_upstream_path("/x")
                .expect_upstream_header(":authority", &["docs.internal:8080"])
                .expect_upstream_header("x-forwarded-prefix", &["/DOCS"])
                .expect_header("location", &[expected]);
        }
    }
}
