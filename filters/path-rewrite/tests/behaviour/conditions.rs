//! Rules with conditions.

use path_rewrite::PathRewrite;
use proxy_filter_test::{Request, filter_test};

filter_test! {
    http PathRewrite => env!("CARGO_PKG_NAME");

    fn rules_can_depend_on_the_request(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/old", "replace": "/new", "when": {"method": ["GET"]}},
            {"prefix": "/old", "replace": "/posted", "when": {"header": "x-a", "exact": "1"}}
        ]}"#);
        plugin.send(Request::get("/old")).expect_upstream_path("/new");
        plugin.send(Request::post("/old", &["x"])).expect_upstream_path("/old");
        plugin.send(Request::post("/old", &["x"]).header("x-a", "1")).expect_upstream_path("/posted");
    }

    fn conditions_can_test_the_path_by_a_regex(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"prefix": "/a", "replace": "/b", "when": {"path": {"regex": "^/a/[0-9]+$"}}},
            {"prefix": "/a", "replace": "/c", "when": {"not": {"path": {"regex": "x(?:.{0,900}.{0,900}~)?"}}}}
        ]}"#);
        let long = format!("/a/{}", "y".repeat(8000));
        for (target, expected) in [
            ("/a/7?b=c", "/b/7?b=c"),
            ("/a/x/../7", "/b/x/../7"),
            ("/a/q", "/c/q"),
            ("/a/x", "/a/x"),
            // Unknown: the path is ambiguous, or the search could take too many steps.
            ("/a/x%2f../7", "/a/x%2f../7"),
            (&long, &long),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn conditions_see_the_resolved_path(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"regex": "$", "replace": "?is=public", "when": {"path": {"prefix": "/public"}}},
            {"regex": "$", "replace": "?is=other", "when": {"not": {"path": {"prefix": "/public"}}}}
        ]}"#);
        for (target, expected) in [
            ("/public/a", "/public/a?is=public"),
            ("/x/../public", "/x/../public?is=public"),
            ("/public/../a", "/public/../a?is=other"),
            ("/public/..%2fa", "/public/..%2fa"),
            ("/public//../a", "/public//../a"),
        ] {
            plugin.send(Request::get(target)).expect_upstream_path(expected);
        }
    }

    fn rules_that_cannot_match_take_no_steps(proxy) {
        let other = |n: usize| format!(
            r#"{{"prefix": "/p{n}", "replace": "/q", "when": {{"path": {{"regex": "/v{n}/[a-z]{{1,20}}/[0-9]{{1,20}}/detail$"}}}}}}"#
        );
        let others: Vec<_> = (0..10).map(other).collect();
        let last = r#"{"prefix": "/old", "replace": "/new", "when": {"path": {"regex": "^/old/(users|items)/[a-z]{1,20}"}}}"#;
        let plugin = proxy.load(&format!(r#"{{"rules": [{}, {last}], "on_unsafe": "reject"}}"#, others.join(", ")));
        for length in [100, 400, 2000] {
            let rest = format!("/users/{}", "x".repeat(length));
            plugin.send(Request::get(format!("/old{rest}"))).expect_upstream_path(&format!("/new{rest}"));
        }
        // A condition that could take too many steps makes the request unsafe.
        let greedy = r#"{"prefix": "/a", "replace": "/b", "when": {"path": {"regex": "x(?:.{0,900}.{0,900}~)?"}}}"#;
        let plugin = proxy.load(&format!(r#"{{"rules": [{greedy}], "on_unsafe": "reject"}}"#));
        plugin.send(Request::get(format!("/a/{}", "x".repeat(4000)))).expect_status(400);
    }
}
