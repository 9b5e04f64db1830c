//! The `Path` of `set-cookie`.

use path_rewrite_reverse::PathRewrite;
use proxy_filter_test::{Request, Response, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn paths_of_cookies_are_mapped_back(proxy) {
        let mut plugin = proxy.load(r#"{"rules": [{"prefix": "/old", "replace": "/new/deep", "reverse": true}]}"#);
        for (cookie, expected) in [
            ("a=b; Path=/new/deep; HttpOnly", "a=b; Path=/old; HttpOnly"),
            ("a=b;PATH=\"/new/deep/x\";Secure", "a=b;PATH=\"/old/x\";Secure"),
            ("a=b; Path=/new", "a=b; Path=/new"),
            ("a=b; Path=/", "a=b; Path=/"),
            ("__Host-a=b; Path=/new/deep; Secure", "__Host-a=b; Path=/new/deep; Secure"),
            ("a=b", "a=b"),
        ] {
            plugin = plugin.upstream(Response::new(200).header("set-cookie", cookie));
            plugin.send(Request::get("/old/a")).expect_header("set-cookie", &[expected]);
        }
    }

    fn each_cookie_stays_on_its_own(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/api", "replace": "/", "reverse": true}]}"#);
        let upstream = Response::new(200)
            .header("set-cookie", "a=1, 2; Path=/; Expires=Wed, 01 Jan 2031 00:00:00 GMT")
            .header("set-cookie", "__Host-b=1; Path=/; Secure")
            .header("set-cookie", "c=1; Path=/x");
        plugin.upstream(upstream).send(Request::get("/api/a")).expect_header("set-cookie", &[
            "a=1, 2; Path=/api; Expires=Wed, 01 Jan 2031 00:00:00 GMT",
            "__Host-b=1; Path=/; Secure",
            "c=1; Path=/api/x",
        ]);
    }

    fn an_app_below_a_path_keeps_its_cookies_at_the_root(proxy) {
        let mut plugin = proxy.load(r#"{"rules": [{"prefix": "/", "replace": "/v1", "reverse": true}]}"#);
        for (cookie, expected) in [("a=b; Path=/v1", "a=b; Path=/"), ("a=b; Path=/v1/x", "a=b; Path=/x")] {
            plugin = plugin.upstream(Response::new(200).header("set-cookie", cookie));
            plugin.send(Request::get("/")).expect_header("set-cookie", &[expected]);
        }
    }

    fn a_rule_for_the_end_of_paths_leaves_cookies_where_clients_send_them(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"regex": "^(/.*)[.]html$", "replace": "$1", "reverse": true}]}"#);
        let upstream = Response::new(302).header("location", "/a/b").header("set-cookie", "id=7; Path=/");
        plugin
            .upstream(upstream)
            .send(Request::get("/a.html"))
            .expect_upstream_path("/a")
            .expect_header("location", &["/a/b.html"])
            .expect_header("set-cookie", &["id=7; Path=/"]);
    }
}
