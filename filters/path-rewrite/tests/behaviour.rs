//! What path-rewrite does to requests.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use path_rewrite::PathRewrite;
use proxy_model::{Proxy, Request, json_examples};

/// The target that the upstream sees.
fn rewrite(configuration: &str, target: &str) -> String {
    let plugin = Proxy::new().http::<PathRewrite>(configuration).unwrap();
    plugin.send(Request::get(target)).upstream_path()
}

#[test]
fn a_regex_replaces_every_match_and_leaves_the_query() {
    let rules = r#"{"rules": [{"regex": "banana/([0-9]*)", "replace": "status/$1"}]}"#;
    for (target, expected) in [
        ("/banana/418", "/status/418"),
        ("/banana/418?u=banana/7", "/status/418?u=banana/7"),
        ("/x?u=banana/7", "/x?u=banana/7"),
        ("/banana/1/banana/2", "/status/1/status/2"),
        ("/banana/", "/status/"),
        ("/apple", "/apple"),
        ("*", "*"),
        ("", ""),
    ] {
        assert_eq!(rewrite(rules, target), expected, "{target}");
    }
}

#[test]
fn a_prefix_ends_where_a_segment_does() {
    let rules = r#"{"rules": [{"prefix": "/old/", "replace": "/new"}, {"prefix": "/api", "replace": "/"}]}"#;
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
        assert_eq!(rewrite(rules, target), expected, "{target}");
    }
}

#[test]
fn the_first_rule_that_matches_wins() {
    let rules = r#"{"rules": [{"regex": "^/a", "replace": "/b"}, {"regex": "^/b", "replace": "/c"}]}"#;
    assert_eq!(rewrite(rules, "/a"), "/b");
    assert_eq!(rewrite(rules, "/b"), "/c");
}

#[test]
fn parameters_of_the_replacement_come_first() {
    let rules = r#"{"rules": [{"regex": "^/u/([a-z]+)$", "replace": "/user?name=$1"}]}"#;
    assert_eq!(rewrite(rules, "/u/ann"), "/user?name=ann");
    assert_eq!(rewrite(rules, "/u/ann?x=1"), "/user?name=ann&x=1");
}

#[test]
fn an_unsafe_result_leaves_the_request_as_it_was() {
    for (rule, target) in [
        (r#"{"regex": "^/x", "replace": ""}"#, "/x/evil.example"),
        (r#"{"regex": "^/x", "replace": "/"}"#, "/x/evil.example"),
        (r#"{"regex": "^/x", "replace": "/\\"}"#, "/x"),
        (r#"{"regex": "/(.*)", "replace": "/../$1"}"#, "/etc"),
        (r#"{"regex": "/", "replace": "/%2e%2e/"}"#, "/etc"),
        (r#"{"regex": "^/", "replace": "/#"}"#, "/x"),
        (r#"{"regex": "x", "replace": "xxxxxxxxxx"}"#, &format!("/{}", "x".repeat(2000))),
    ] {
        let expected = match rule.contains(r#""replace": """#) {
            true => "/evil.example",
            false => target,
        };
        assert_eq!(rewrite(&format!(r#"{{"rules": [{rule}]}}"#), target), expected, "{rule}");
    }
}

#[test]
fn bytes_that_are_no_text_pass() {
    let plugin =
        Proxy::new().http::<PathRewrite>(r#"{"rules": [{"regex": "a(.)", "replace": "b$1"}]}"#).unwrap();
    let exchange = plugin.send(Request::get(b"/a\xff\xfe"));
    assert_eq!(exchange.upstream.unwrap().first(b":path"), Some(b"/b\xff\xfe".as_slice()));
}

#[test]
fn the_readmes_configurations_are_accepted() {
    let examples = json_examples(include_str!("../README.md"));
    assert!(!examples.is_empty());
    for example in examples {
        Proxy::new().http::<PathRewrite>(example).unwrap();
    }
}
