//! What path-rewrite does to requests.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test, json_examples};

filter_test! {
    http PathRewrite => "path-rewrite";

    fn a_regex_replaces_every_match_and_leaves_the_query(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#);
        for (target, expected) in [
            ("/banana/418", "/status/418"),
            ("/banana/418?u=banana/7", "/status/418?u=banana/7"),
            ("/x?u=banana/7", "/x?u=banana/7"),
            ("/banana/1/banana/2", "/status/1/status/2"),
            ("/banana/", "/status/"),
            ("/apple", "/apple"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn a_prefix_ends_where_a_segment_does(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/old/", "replace": "/new"}, {"prefix": "/api", "replace": "/"}]}"#,
        );
        for (target, expected) in [
            ("/old", "/new"),
            ("/old/", "/new/"),
            ("/old/a?b=c", "/new/a?b=c"),
            ("/older", "/older"),
            ("/api", "/"),
            ("/api/", "/"),
            ("/api/x", "/x"),
            ("/api//x", "/api//x"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn the_first_rule_that_matches_wins(proxy) {
        let plugin =
            proxy.load(r#"{"rules": [{"regex": "^/a", "replace": "/b"}, {"regex": "^/b", "replace": "/c"}]}"#);
        plugin.send(Request::get("/a")).expect_upstream_path("/b");
        plugin.send(Request::get("/b")).expect_upstream_path("/c");
    }

    fn parameters_of_the_replacement_come_first(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"regex": "^/u/([a-z]+)$", "replace": "/user?name=$1"}]}"#);
        plugin.send(Request::get("/u/ann")).expect_upstream_path("/user?name=ann");
        plugin.send(Request::get("/u/ann?x=1")).expect_upstream_path("/user?name=ann&x=1");
    }

    fn an_unsafe_result_leaves_the_request_as_it_was(proxy) {
        let long = format!("/{}", "x".repeat(2000));
        for (rule, target) in [
            (r#"{"regex": "^/x", "replace": "/"}"#, "/x/evil.example"),
            (r#"{"regex": "^/x", "replace": "/\\"}"#, "/x"),
            (r#"{"regex": "/(.*)", "replace": "/../$1"}"#, "/etc"),
            (r#"{"regex": "/", "replace": "/%2e%2e/"}"#, "/etc"),
            (r#"{"regex": "^/", "replace": "/#"}"#, "/x"),
            (r#"{"regex": "x", "replace": "xxxxxxxxxx"}"#, &long),
        ] {
            let plugin = proxy.load(&format!(r#"{{"rules": [{rule}]}}"#));
            plugin.send(Request::get(target)).expect_upstream_path(target);
        }
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
