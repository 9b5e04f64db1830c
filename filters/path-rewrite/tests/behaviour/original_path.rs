//! The header that tells the upstream the original path.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn the_original_path_cannot_be_forged(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/a", "replace": "/b"}],
                                   "original_path_header": "X-Original"}"#);
        plugin.send(Request::get("/a/x?y=z").header("x-original", "/forged"))
            .expect_upstream_path("/b/x?y=z")
            .expect_upstream_header("x-original", &["/a/x?y=z"]);
        plugin.send(Request::get("/other").header("x-original", "/forged"))
            .expect_upstream_path("/other")
            .expect_upstream_header("x-original", &[]);
    }

    fn lookalikes_of_the_original_path_are_removed(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/a", "replace": "/b"}],
                                   "original_path_header": "x-original-path"}"#);
        for (target, original) in [("/a/x", &["/a/x"][..]), ("/other", &[])] {
            let request = Request::get(target).header("x-original-path", "/f").header("x_original_path", "/f")
                .header("X_Original-Path", "/f").header("x-original_path", "/f").header("x-original", "/mine");
            plugin.send(request)
                .expect_upstream_header("x-original-path", original)
                .expect_upstream_header("x_original_path", &[])
                .expect_upstream_header("x_original-path", &[])
                .expect_upstream_header("x-original_path", &[])
                .expect_upstream_header("x-original", &["/mine"]);
        }
    }
}
