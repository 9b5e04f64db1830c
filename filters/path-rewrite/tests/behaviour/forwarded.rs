//! Headers that tell the upstream what was stripped or replaced.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn the_upstream_is_told_the_stripped_prefix(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/app", "replace": "/", "case_insensitive": true},
            {"prefix": "/v1", "replace": "/", "continue": true},
            {"prefix": "/shop", "replace": "/?v=1"},
            {"prefix": "/old", "replace": "/new"},
            {"exact": "/index.html", "replace": "/"}
        ], "forwarded_prefix": true}"#);
        for (target, path, prefix) in [
            ("/app/cart?a=b", "/cart?a=b", Some("/app")),
            ("/APP/cart", "/cart", Some("/APP")),
            ("/app", "/", Some("/app")),
            ("/app/", "/", Some("/app")),
            ("/app/app/", "/app/", Some("/app")),
            ("/v1/shop/a", "/a?v=1", Some("/v1/shop")),
            ("/v1/a", "/a", Some("/v1")),
            ("/v1/old/a", "/new/a", None),
            ("/old/a", "/new/a", None),
            ("/index.html", "/", None),
            ("/other", "/other", None),
            // Unsafe: the request is passed on unchanged.
            ("/app//evil.example", "/app//evil.example", None),
        ] {
            plugin.send(Request::get(target))
                .expect_upstream_path(path)
                .expect_upstream_header("x-forwarded-prefix", prefix.as_slice());
        }
    }

    fn a_client_cannot_forge_what_the_filter_tells(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/app", "replace": "/"},
            {"prefix": "/host", "host": "b.example"}
        ], "forwarded_prefix": true, "forwarded_host": true, "original_path_header": "x-original"}"#);
        for (target, prefix, host, original) in [
            ("/app/a", &["/app"][..], &[][..], &["/app/a"][..]),
            ("/host", &[], &["a.example:8080"], &[]),
            ("/other", &[], &[], &[]),
        ] {
            let request = Request::get(target).authority("a.example:8080")
                .header("x-forwarded-prefix", "/f").header("x_forwarded_prefix", "/f").header("X_Forwarded-Prefix", "/f")
                .header("x-forwarded-host", "f").header("x_forwarded-host", "f").header("x-original", "/f");
            plugin.send(request)
                .expect_upstream_header("x-forwarded-prefix", prefix)
                .expect_upstream_header("x_forwarded_prefix", &[])
                .expect_upstream_header("x_forwarded-prefix", &[])
                .expect_upstream_header("x-forwarded-host", host)
                .expect_upstream_header("x_forwarded-host", &[])
                .expect_upstream_header("x-original", original);
        }
    }

    fn without_the_options_these_headers_pass(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/app", "replace": "/", "host": "b.example"}]}"#);
        plugin.send(Request::get("/app").header("x-forwarded-prefix", "/mine").header("x-forwarded-host", "mine"))
            .expect_upstream_path("/")
            .expect_upstream_header("x-forwarded-prefix", &["/mine"])
            .expect_upstream_header("x-forwarded-host", &["mine"]);
    }
}
