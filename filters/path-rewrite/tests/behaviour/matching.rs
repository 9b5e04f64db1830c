//! Which paths each kind of rule matches, and the results.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test, json_examples};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

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

    fn a_regex_that_is_too_large_is_refused_with_its_size(proxy) {
        let said = proxy.refuses(r#"{"rules": [{"regex": "a{1000}{800}", "replace": ""}]}"#);
        // A regex takes half as much memory in 32-bit WebAssembly as on a 64-bit machine.
        let sizes = ["8192 to 16384", "16384 to 32768"].map(|size| format!("rules[0].regex: compiles to {size} KiB"));
        assert!(sizes.iter().any(|size| said.contains(size)), "{said}");
    }

    fn a_prefix_matches_whole_segments(proxy) {
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

    fn exact_paths_and_templates(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"exact": "/health", "replace": "/healthz"},
            {"exact": "/search", "replace": "/find?lang=en"},
            {"template": "/users/{id}/posts/{post}", "replace": "/p/{post}?author={id}"}
        ]}"#);
        for (target, expected) in [
            ("/health", "/healthz"),
            ("/health?a=b", "/healthz?a=b"),
            ("/health/", "/health/"),
            ("/search?q=x", "/find?lang=en&q=x"),
            ("/users/7/posts/9", "/p/9?author=7"),
            ("/users/7/posts/9?x=y", "/p/9?author=7&x=y"),
            ("/users/7&admin=1/posts/9", "/p/9?author=7%26admin%3D1"),
            ("/users/7/posts/", "/users/7/posts/"),
            ("/users//posts/9", "/users//posts/9"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn occurrences_are_all_or_the_first(proxy) {
        let rule = |occurrences: &str| {
            let when = format!(r#""when": {{"header": "x-occurrences", "exact": "{occurrences}"}}"#);
            format!(r#"{{"regex": "a", "replace": "b", "occurrences": "{occurrences}", {when}}}"#)
        };
        let default = r#"{"regex": "a", "replace": "b"}"#;
        let plugin = proxy.load(&format!(r#"{{"rules": [{}, {}, {default}]}}"#, rule("all"), rule("first")));
        for (occurrences, expected) in [("all", "/bb"), ("first", "/ba"), ("default", "/bb")] {
            plugin.send(Request::get("/aa").header("x-occurrences", occurrences)).expect_upstream_path(expected);
        }
    }

    fn a_rule_that_continues_passes_its_result_to_the_next(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/b", "continue": true},
            {"regex": "^/b/(.*)$", "replace": "/c/$1?from=b", "continue": true},
            {"prefix": "/c", "replace": "/d"},
            {"prefix": "/d", "replace": "/never"}
        ]}"#);
        plugin.send(Request::get("/a/x?y=z")).expect_upstream_path("/d/x?from=b&y=z");
        plugin.send(Request::get("/c")).expect_upstream_path("/d");
    }

    fn each_rule_counts_what_it_did(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"rules": [{"prefix": "/a", "replace": "/b"}, {"prefix": "/c", "redirect": {"scheme": "https"}}]}"#,
        );
        for path in ["/a", "/a/1", "/c", "/d"] {
            plugin.send(Request::get(path));
        }
        plugin.expect_metric("path_rewrite.rewritten.filter.plugin.rule.0", 2);
        plugin.expect_metric("path_rewrite.redirected.filter.plugin.rule.1", 1);
        plugin.expect_metric("path_rewrite.unsafe.filter.plugin.rule.1", 0);
        proxy.model_only("Envoy keeps the counters of other tests");
        assert_eq!(proxy.metrics().unwrap_or_default().len(), 4);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../../README.md")) {
            proxy.load(example);
        }
    }
}
