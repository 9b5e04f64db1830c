//! Costs in the bodies of responses.

use proxy_filter_test::{Request, Response, filter_test, json_examples};
use rate_limit::RateLimit;

use crate::as_rate_limit::statuses::statuses;

const TOKENS: &str = r#"{
    "rules": [{"name": "tokens", "key": [], "limit": 100, "period": "100h",
               "cost": {"response_json": "/usage/total_tokens", "max_bytes": 100, "default": 30}}]
}"#;

fn json(parts: &[&str]) -> Response {
    Response::new(200).header("content-type", "application/json").body(parts)
}

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn a_body_says_what_it_costs(proxy) {
        proxy.reset_metrics();
        let parts = [r#"{"text": "hello", "usage""#, r#": {"total_to"#, r#"kens": 4"#, r#"0}}"#];
        let plugin = proxy.load(TOKENS).upstream(json(&parts));
        for _ in 0..3 {
            plugin.send(Request::get("/")).expect_status(200).expect_body(&parts.concat());
        }
        plugin.send(Request::get("/")).expect_status(429);
        plugin.expect_metric("rate_limit.charged.filter.plugin.rule.tokens", 120);
        plugin.expect_metric("rate_limit.cost_unknown.filter.plugin.rule.tokens", 0);
    }

    fn server_sent_events_pass_and_the_last_one_counts(proxy) {
        proxy.reset_metrics();
        let parts = [
            "data: {\"choices\": [{\"delta\": {\"content\": \"Hel\"}}], \"usage\": null}\n\n",
            "data: {\"choices\": [], \"usage\": {\"total_tok",
            "ens\": 50}}\n",
            "\ndata: [DONE]\n\n",
        ];
        let events = Response::new(200).header("content-type", "text/event-stream").body(&parts);
        let plugin = proxy.load(TOKENS).upstream(events);
        for _ in 0..2 {
            plugin.send(Request::get("/")).expect_status(200).expect_body(&parts.concat());
        }
        plugin.send(Request::get("/")).expect_status(429);
        plugin.expect_metric("rate_limit.charged.filter.plugin.rule.tokens", 100);
    }

    fn a_body_that_does_not_say_costs_the_default(proxy) {
        proxy.reset_metrics();
        let usage = r#"{"usage": {"total_tokens": 1}}"#;
        let long = format!("{}{usage}", " ".repeat(10)).replace("\"usage\"", &format!("\"{}\": 1, \"usage\"", "x".repeat(100)));
        let responses = [
            json(&[r#"{"usage": {}}"#]),
            json(&[]),
            json(&[&long]),
            json(&[usage]).header("content-encoding", "gzip"),
        ];
        for (number, response) in (1..).zip(responses) {
            let rule = format!("r{number}");
            let plugin = proxy.load(&TOKENS.replace("\"tokens\"", &format!("\"{rule}\""))).upstream(response);
            assert_eq!(statuses(&plugin, 5, &Request::get("/")), [200, 200, 200, 200, 429], "{number}");
            plugin.expect_metric(&format!("rate_limit.charged.filter.plugin.rule.{rule}"), 120);
            plugin.expect_metric(&format!("rate_limit.cost_unknown.filter.plugin.rule.{rule}"), 4);
            if number == 4 {
                plugin.expect_log(
                    "Warn: rule `r4`: a response is compressed (content-encoding: gzip), so its cost is the default: remove \
                     `accept-encoding` from requests",
                );
            }
        }
    }

    fn trailers_end_a_body(proxy) {
        let plugin = proxy.load(TOKENS).upstream(json(&[r#"{"usage": {"total_tokens": 100}}"#]).trailer("x-end", "1"));
        assert_eq!(statuses(&plugin, 1, &Request::get("/")), [200]);
        assert!(plugin.eventually(|| plugin.send(Request::get("/")).status() == 429));
    }

    fn a_body_is_read_only_if_the_response_counts(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [], "limit": 10, "period": "1h", "count": {"when": {"status": "2xx"}},
                          "cost": {"response_json": "/n"}}]}"#,
        ).upstream(Response::new(500).body(&["{\"n\": 10}"]));
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [500; 3]);
        let plugin = plugin.upstream(Response::new(200).body(&["{\"n\": 10}"]));
        assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 429]);
    }

    fn the_own_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../../README.md")) {
            proxy.load(example);
        }
    }
}
