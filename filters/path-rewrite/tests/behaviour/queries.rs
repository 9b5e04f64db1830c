//! How rules change the query.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn parameters_of_the_replacement_come_first(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"regex": "^/u/([a-z]+)$", "replace": "/user?name=$1"}]}"#);
        plugin.send(Request::get("/u/ann")).expect_upstream_path("/user?name=ann");
        plugin.send(Request::get("/u/ann?x=1")).expect_upstream_path("/user?name=ann&x=1");
    }

    fn a_prefix_can_add_parameters(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/a", "replace": "/b?v=1"}, {"prefix": "/c", "replace": "/?"}]}"#,
        );
        for (target, expected) in [
            ("/a", "/b?v=1"),
            ("/a/x?y=z", "/b/x?v=1&y=z"),
            ("/c?x=1", "/?x=1"),
            ("/c?", "/?"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn queries_are_kept_or_dropped(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"prefix": "/a", "replace": "/b"},
                                             {"exact": "/c", "replace": "/d?e=f"}], "query": "drop"}"#);
        plugin.send(Request::get("/a/x?y=z")).expect_upstream_path("/b/x");
        plugin.send(Request::get("/c?y=z")).expect_upstream_path("/d?e=f");
        plugin.send(Request::get("/other?y=z")).expect_upstream_path("/other?y=z");
    }
}
