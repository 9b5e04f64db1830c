//! Redirects, and requests that are not redirected.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn clients_are_redirected(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/docs", "redirect": {"host": "docs.example.com", "scheme": "https"}},
            {"prefix": "/old", "replace": "/new", "redirect": {"status": 301}},
            {"regex": "^/go/(.*)$", "replace": "/$1", "redirect": {"status": 302, "host": "b.example", "port": 8080}}
        ]}"#);
        for (target, status, location) in [
            ("/docs/a?b=c", 308, "https://docs.example.com/docs/a?b=c"),
            ("/old/x", 301, "http://a.example/new/x"),
            ("/go/x%2Fy", 302, "http://b.example:8080/x%2Fy"),
            ("/go/a\\b", 302, "http://b.example:8080/a%5Cb"),
        ] {
            plugin.send(Request::get(target))
                .expect_status(status)
                .expect_header("location", &[location])
                .expect_unreached();
        }
        // The capture would be another host.
        plugin.send(Request::get("/go//evil.example")).expect_status(200).expect_header("location", &[]);
    }

    fn a_redirect_adds_parameters_once(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"exact": "/a", "replace": "/a?v=1", "redirect": {"status": 302}}]}"#,
        );
        plugin.send(Request::get("/a")).expect_header("location", &["http://a.example/a?v=1"]);
        plugin.send(Request::get("/a?x")).expect_header("location", &["http://a.example/a?v=1&x"]);
        for target in ["/a?v=1", "/a?v=1&x"] {
            plugin.send(Request::get(target)).expect_status(200).expect_upstream_path(target);
        }
        plugin.send(Request::get("/a?v=12")).expect_header("location", &["http://a.example/a?v=1&v=12"]);
    }

    fn a_client_that_is_already_there_is_not_redirected(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/", "redirect": {"host": "a.example", "scheme": "http"}}]}"#,
        );
        plugin.send(Request::get("/a?b")).expect_status(200).expect_upstream_path("/a?b");
        let elsewhere = plugin.send(Request::get("/a?b").authority("b.example"));
        elsewhere.expect_status(308).expect_header("location", &["http://a.example/a?b"]);
    }

    fn a_client_is_recognized_however_its_host_is_written(proxy) {
        for (redirect, at_target, elsewhere, location) in [
            (r#"{"scheme": "http", "port": 80}"#, "a.example", "a.example:8080", "http://a.example/a"),
            (r#"{"host": "A.Example"}"#, "a.example", "b.example", "http://a.example/a"),
            (r#"{"host": "[2001:DB8:0:0:0:0:0:1]"}"#, "[2001:db8::1]", "a.example", "http://[2001:db8::1]/a"),
        ] {
            let plugin = proxy.load(&format!(r#"{{"rules": [{{"prefix": "/", "redirect": {redirect}}}]}}"#));
            plugin.send(Request::get("/a").authority(at_target)).expect_status(200).expect_upstream_path("/a");
            let redirected = plugin.send(Request::get("/a").authority(elsewhere));
            redirected.expect_status(308).expect_header("location", &[location]);
        }
    }

    fn a_regex_can_make_the_host(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/", "redirect": {"scheme": "https", "host": {"regex": "^www\\.(.+)$", "replace": "$1"}}},
            {"prefix": "/", "redirect": {"host": {"regex": "^([^.]+\\.[^.]+)\\.$", "replace": "$1"}, "port": 8443}}
        ]}"#);
        for (authority, location) in [
            ("www.example.com", "https://example.com/a?b"),
            ("WWW.Example.com:8080", "https://example.com/a?b"),
            ("www.www.example.com", "https://www.example.com/a?b"),
            ("example.com.", "http://example.com:8443/a?b"),
        ] {
            plugin.send(Request::get("/a?b").authority(authority))
                .expect_status(308)
                .expect_header("location", &[location])
                .expect_unreached();
        }
        plugin.send(Request::get("/a").authority("example.com")).expect_status(200).expect_upstream_path("/a");
    }

    fn a_redirect_that_would_not_end_is_unsafe(proxy) {
        let to = |regex: &str, replace: &str, path: &str| format!(
            r#"{{"rules": [{{"prefix": "/a", {path} "redirect": {{"host": {{"regex": "{regex}", "replace": "{replace}"}}}}}}],
                "on_unsafe": "reject"}}"#
        );
        for (regex, replace, path, status) in [
            ("^", "www.", "", 400),
            ("^([^.]+)[.]([^.]+)$", "$2.$1", "", 400),
            ("^([^.]+[.][^.]+)$", "www.$1", "", 308),
            ("^", "www.", r#""replace": "/b","#, 308),
            ("example", "127.1", "", 400),
        ] {
            let plugin = proxy.load(&to(regex, replace, path));
            plugin.send(Request::get("/a").authority("a.example")).expect_status(status).expect_unreached();
        }
    }
}
