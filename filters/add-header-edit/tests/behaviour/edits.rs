//! What edits write.

use add_header_edit::AddHeader;
use proxy_filter_test::{Request, Response, filter_test, json_examples};

filter_test! {
    http AddHeader => "add-header-edit";

    fn each_value_is_edited_on_its_own(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"action": "edit", "name": "Set-Cookie", "regex": "(?i); *Domain=[^;]*", "replace": ""}
        ]}"#);
        let cookies = ["a=1; Domain=a.example; Path=/", "b=2, 3", "c=; domain=b.example", "d=4"];
        let upstream = cookies.iter().fold(Response::new(200), |it, cookie| it.header("set-cookie", *cookie));
        plugin.upstream(upstream).send(Request::get("/"))
            .expect_header("set-cookie", &["a=1; Path=/", "b=2, 3", "c=", "d=4"]);
    }

    fn values_that_do_not_match_stay(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"action": "edit", "name": "set-cookie", "regex": "Domain=[^;]*", "replace": ""},
            {"action": "edit", "name": "x-absent", "regex": "", "replace": "a"}
        ]}"#);
        let upstream = Response::new(200).header("set-cookie", "a=1").header("set-cookie", "");
        plugin.upstream(upstream).send(Request::get("/"))
            .expect_header("set-cookie", &["a=1", ""])
            .expect_header("x-absent", &[]);
    }

    fn the_host_in_a_location(proxy) {
        let mut plugin = proxy.load(r#"{"response": [
            {"action": "edit", "name": "location", "regex": "^https?://(?P<host>[a-z]+)\\.internal(:[0-9]+)?/",
             "replace": "https://${host}.example.com/"}
        ]}"#);
        for (location, expected) in [
            ("http://shop.internal:8080/cart?next=http://shop.internal/", "https://shop.example.com/cart?next=http://shop.internal/"),
            ("https://elsewhere.example/", "https://elsewhere.example/"),
            ("/cart", "/cart"),
        ] {
            plugin = plugin.upstream(Response::new(302).header("location", location));
            plugin.send(Request::get("/")).expect_header("location", &[expected]);
        }
    }

    fn requests_and_trailers(proxy) {
        let plugin = proxy.load(r#"{
            "request": [{"action": "edit", "name": "cookie", "regex": "(^|; )tracker=[^;]*", "replace": "", "drop_empty": true}],
            "request_trailers": [{"action": "edit", "name": "x-sum", "regex": "^sha256:", "replace": ""}],
            "response_trailers": [{"action": "edit", "name": "x-sum", "regex": "^", "replace": "sha256:"}]
        }"#);
        let plugin = plugin.upstream(Response::new(200).body(&["c"]).trailer("x-sum", "1"));
        plugin.send(Request::post("/", &["e"]).header("cookie", "a=1; tracker=2; b=3").trailer("x-sum", "sha256:2"))
            .expect_upstream_header("cookie", &["a=1; b=3"])
            .expect_upstream_trailer("x-sum", &["2"])
            .expect_trailer("x-sum", &["sha256:1"]);
        plugin.send(Request::get("/").header("cookie", "tracker=2")).expect_upstream_header("cookie", &[]);
    }

    fn a_value_that_becomes_empty(proxy) {
        let edit = |fields: &str| {
            let rule = format!(r#"{{"action": "edit", "name": "x-list", "regex": "^a$", "replace": ""{fields}}}"#);
            let plugin = proxy.load(&format!(r#"{{"response": [{rule}]}}"#));
            let upstream = ["a", "b", "a", ""].iter().fold(Response::new(200), |it, value| it.header("x-list", *value));
            plugin.upstream(upstream).send(Request::get("/"))
        };
        edit("").expect_header("x-list", &["", "b", "", ""]);
        edit(r#", "drop_empty": false"#).expect_header("x-list", &["", "b", "", ""]);
        edit(r#", "drop_empty": true"#).expect_header("x-list", &["b", ""]);
    }

    fn the_only_value_that_becomes_empty(proxy) {
        for (fields, expected) in [("", [""].as_slice()), (r#", "drop_empty": true"#, &[])] {
            let rule = format!(r#"{{"action": "edit", "name": "x-a", "regex": ".*", "replace": ""{fields}}}"#);
            let plugin = proxy.load(&format!(r#"{{"response": [{rule}]}}"#));
            plugin.upstream(Response::new(200).header("x-a", "1")).send(Request::get("/")).expect_header("x-a", expected);
        }
    }

    fn occurrences_and_groups(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"action": "edit", "name": "x-all", "regex": "a(.)", "replace": "$1$$"},
            {"action": "edit", "name": "x-first", "regex": "a(.)", "replace": "${1}a", "occurrences": "first"}
        ]}"#);
        plugin.upstream(Response::new(200).header("x-all", "ab ac").header("x-first", "ab ac")).send(Request::get("/"))
            .expect_header("x-all", &["b$ c$"])
            .expect_header("x-first", &["ba ac"]);
    }

    fn rules_run_in_order_with_the_others(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"name": "x-a", "value": "%REQ(x-in)%"},
            {"action": "edit", "name": "x-a", "regex": "b+", "replace": "-", "when": {"method": "GET"}},
            {"action": "rename", "name": "x-a", "to": "x-b"}
        ]}"#);
        plugin.send(Request::get("/").header("x-in", "abba")).expect_header("x-b", &["a-a"]);
        plugin.send(Request::post("/", &["c"]).header("x-in", "abba")).expect_header("x-b", &["abba"]);
    }

    fn results_have_no_white_space_around_them(proxy) {
        let plugin = proxy.load(r#"{"response": [{"action": "edit", "name": "x-a", "regex": "b", "replace": " \t"}]}"#);
        plugin.upstream(Response::new(200).header("x-a", "bab").header("x-a", "b")).send(Request::get("/"))
            .expect_header("x-a", &["a", ""]);
    }

    fn attributes_where_they_are_absent(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"action": "edit", "name": "set-cookie", "regex": "$", "replace": "; SameSite=Lax"},
            {"action": "edit", "name": "set-cookie", "regex": "(?i)(; *SameSite=.*); SameSite=Lax$", "replace": "$1"}
        ]}"#);
        let cookies = ["a=1", "b=2; samesite=Strict; Path=/"];
        let upstream = cookies.iter().fold(Response::new(200), |it, cookie| it.header("set-cookie", *cookie));
        plugin.upstream(upstream).send(Request::get("/"))
            .expect_header("set-cookie", &["a=1; SameSite=Lax", "b=2; samesite=Strict; Path=/"]);
    }

    fn rules_count_messages_that_they_changed(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{"response": [
            {"action": "edit", "name": "x-a", "regex": "a", "replace": "b"},
            {"action": "edit", "name": "x-a", "regex": "b", "replace": "$0"},
            {"action": "edit", "name": "x-a", "regex": "c", "replace": ""}
        ]}"#);
        let plugin = plugin.upstream(Response::new(200).header("x-a", "a").header("x-a", "aa"));
        plugin.send(Request::get("/")).expect_header("x-a", &["b", "bb"]);
        plugin.send(Request::get("/"));
        for (rule, applied) in [("response-0", 2), ("response-1", 0), ("response-2", 0)] {
            plugin.expect_metric(&format!("add_header.applied.filter.plugin.rule.{rule}"), applied);
            plugin.expect_metric(&format!("add_header.skipped.filter.plugin.rule.{rule}"), 0);
        }
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../../README.md")) {
            proxy.load(example);
        }
    }
}
