//! Responses that stay as they are.

use path_rewrite_reverse::PathRewrite;
use proxy_filter_test::{Request, Response, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn requests_that_were_not_rewritten_have_no_way_back(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [
                {"prefix": "/old", "replace": "/new", "when": {"method": "GET"}, "reverse": true},
                {"prefix": "/public", "replace": "/new/files", "reverse": true},
                {"prefix": "/same", "replace": "/new", "reverse": false}
            ]}"#,
        );
        let upstream = Response::new(302).header("location", "/new/a").header("set-cookie", "a=b; Path=/new");
        let plugin = plugin.upstream(upstream);
        for request in [
            Request::get("/new/a"),
            Request::get("/other"),
            Request::post("/old/a", &[]),
            // Unsafe, and passed on unchanged.
            Request::get("/public/../secret"),
            Request::get("/same/a"),
        ] {
            let exchange = plugin.send(request);
            exchange.expect_header("location", &["/new/a"]).expect_header("set-cookie", &["a=b; Path=/new"]);
        }
    }

    fn redirects_of_the_filter_itself_stay(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [
                {"prefix": "/a", "replace": "/new", "continue": true, "reverse": true},
                {"prefix": "/new", "replace": "/there", "redirect": {"status": 302}}
            ]}"#,
        );
        let redirected = plugin.send(Request::get("/a/b"));
        redirected.expect_status(302).expect_header("location", &["http://a.example/there/b"]);
    }
}
