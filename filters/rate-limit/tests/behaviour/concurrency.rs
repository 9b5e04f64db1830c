//! Rules with `concurrency`.

use std::time::Duration;

use proxy_filter_test::{Request, Service, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

const TWO: &str = r#"{"rules": [{"name": "two", "key": [{"client_ip": {}}], "concurrency": 2}]}"#;

fn of_client(client: &str) -> Request {
    Request::get("/").from(client)
}

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn requests_in_flight_are_limited_and_given_back(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(TWO);
        let (one, other) = (of_client("192.0.2.1"), of_client("192.0.2.2"));
        assert_eq!(statuses(&plugin, 6, &one), [200; 6], "one after the other");
        let first = plugin.hold(&one);
        assert_eq!(statuses(&plugin, 3, &one), [200; 3]);
        let second = plugin.hold(&one);
        plugin.send(one.clone()).expect_status(429).expect_header("retry-after", &["1"]).expect_body(
            "too many requests, retry after 1 s\n",
        );
        assert_eq!(statuses(&plugin, 2, &other), [200, 200], "another client");
        drop(first);
        assert_eq!(statuses(&plugin, 3, &one), [200; 3]);
        drop(second);
        plugin.expect_metric("rate_limit.limited.filter.plugin.rule.two", 1);
        plugin.expect_metric("rate_limit.allowed.filter.plugin.rule.two", 16);
    }

    fn clients_are_told_how_many_requests_they_may_have_at_once(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "two", "key": [], "concurrency": 2},
                          {"name": "rate", "key": [], "limit": 10, "period": "1h"}],
                "headers": ["ratelimit", "x-ratelimit"]}"#,
        );
        plugin
            .send(Request::get("/"))
            .expect_header("ratelimit-policy", &["\"rate\";q=10;w=3600, \"two\";q=2;qu=\"concurrent-requests\""])
            .expect_header("ratelimit", &["\"rate\";r=9;t=360, \"two\";r=1"])
            .expect_header("x-ratelimit-limit", &["2"])
            .expect_header("x-ratelimit-remaining", &["1"])
            .expect_header("x-ratelimit-reset", &[]);
        let _held = [plugin.hold(&Request::get("/")), plugin.hold(&Request::get("/"))];
        plugin
            .send(Request::get("/"))
            .expect_status(429)
            .expect_header("ratelimit", &["\"rate\";r=7;t=1080, \"two\";r=0"]);
    }

    fn a_limited_request_is_not_told_as_one_in_flight(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "five", "key": [], "concurrency": 5}, {"name": "one", "key": [], "concurrency": 1}],
                "headers": ["ratelimit"]}"#,
        );
        let _held = plugin.hold(&Request::get("/"));
        plugin
            .send(Request::get("/"))
            .expect_status(429)
            .expect_header("ratelimit", &["\"five\";r=4, \"one\";r=0"]);
    }

    fn all_rules_must_allow_a_request_and_a_limited_one_takes_nothing(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "three", "key": [], "limit": 3, "period": "1h"},
                          {"name": "per-ip", "key": [{"client_ip": {}}], "concurrency": 1},
                          {"name": "all", "key": [], "concurrency": 2}]}"#,
        );
        let held = plugin.hold(&of_client("192.0.2.1"));
        assert_eq!(statuses(&plugin, 5, &of_client("192.0.2.1")), [429; 5], "no tokens and no places are taken");
        assert_eq!(statuses(&plugin, 3, &of_client("192.0.2.2")), [200, 200, 429]);
        drop(held);
        proxy.advance(Duration::from_secs(3600));
        let _held = [plugin.hold(&of_client("192.0.2.2")), plugin.hold(&of_client("192.0.2.3"))];
        assert_eq!(statuses(&plugin, 2, &of_client("192.0.2.1")), [429, 429]);
    }

    fn in_shadow_mode_requests_are_only_counted(proxy) {
        proxy.reset_metrics();
        let plugin =
            proxy.load(r#"{"rules": [{"name": "one", "key": [], "concurrency": 1, "shadow": true}]}"#);
        let held = plugin.hold(&Request::get("/"));
        assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 200]);
        plugin.expect_metric("rate_limit.shadow_limited.filter.plugin.rule.one", 2);
        drop(held);
        assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 200]);
        plugin.expect_metric("rate_limit.shadow_limited.filter.plugin.rule.one", 2);
    }

    fn conditions_and_missing_keys_work_as_in_other_rules(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"header": "x-key"}], "concurrency": 1, "missing": "deny",
                           "when": {"path": {"prefix": "/a"}}}],
                "exempt": {"path": {"prefix": "/a/free"}}}"#,
        );
        let with_key = Request::get("/a").header("x-key", "k");
        let _held = plugin.hold(&with_key);
        plugin.send(with_key).expect_status(429);
        plugin.send(Request::get("/a")).expect_status(429).expect_body(
            "the request lacks a part of the rate limit key\n",
        );
        plugin.send(Request::get("/b")).expect_status(200);
        plugin.send(Request::get("/a/free")).expect_status(200);
    }

    fn a_request_that_waits_for_the_service_is_in_flight(proxy) {
        proxy.service("ratelimit", Service::Silent);
        let plugin = proxy.load(
            r#"{"rules": [{"name": "one", "key": [], "concurrency": 1}, {"key": [], "limit": 100, "period": "1h"}],
                "global": {"cluster": "ratelimit", "domain": "edge", "timeout": "1s", "on_error": "deny"}}"#,
        );
        plugin.send_and_leave(&Request::get("/"));
        // Envoy may read the next request before it notices that the client has left.
        let status = || statuses(&plugin, 1, &Request::get("/"));
        let first = (0..100).map(|_| status()).find(|status| *status != [429]);
        assert_eq!(first, Some(vec![503]), "given back when the client leaves");
        assert_eq!(status(), [503], "and when the service fails");
        assert_eq!(proxy.calls_outstanding(), 0);
    }

    fn a_reload_keeps_the_requests_in_flight_of_an_unchanged_rule(proxy) {
        let first = proxy.load(TWO);
        let request = of_client("192.0.2.1");
        let _held = [first.hold(&request), first.hold(&request)];
        let same = proxy.load(TWO);
        assert_eq!(statuses(&same, 1, &request), [429]);
        let changed = proxy.load(&TWO.replace("2}", "3}"));
        assert_eq!(statuses(&changed, 1, &request), [200]);
    }

    fn a_plugin_that_is_removed_gives_back_what_it_holds(proxy) {
        let (first, second) = (proxy.load(TWO), proxy.load(TWO));
        let request = of_client("192.0.2.1");
        let held = [first.hold(&request), first.hold(&request)];
        assert_eq!(statuses(&second, 1, &request), [429]);
        drop(held);
        first.unload();
        assert_eq!(statuses(&second, 1, &request), [200]);
    }

    fn what_a_worker_holds_that_is_gone_is_given_back_after_30_seconds(proxy) {
        let (first, second) = (proxy.load(TWO), proxy.load(TWO));
        let request = of_client("192.0.2.1");
        // Its streams never end, as after a trap.
        std::mem::forget([first.hold(&request), first.hold(&request)]);
        first.unload();
        proxy.advance(Duration::from_secs(28));
        assert_eq!(statuses(&second, 1, &request), [429]);
        proxy.advance(Duration::from_secs(4));
        assert_eq!(statuses(&second, 2, &request), [200, 200]);
    }

    fn a_full_set_is_shared_by_newcomers_and_never_exceeded(proxy) {
        proxy.reset_metrics();
        // One set of eight entries.
        let plugin = proxy.load(
            r#"{"rules": [{"name": "one", "key": [{"header": "x-key"}], "concurrency": 1, "slots": 8}]}"#,
        );
        let of_key = |key: usize| Request::get("/").header("x-key", key.to_string());
        let mut held: Vec<_> = (0..8).map(|key| plugin.hold(&of_key(key))).collect();
        for key in 0..8 {
            plugin.send(of_key(key)).expect_status(429);
        }
        // Each newcomer has one of eight shared entries, so some of seventeen are limited.
        held.extend((8..25).map(|key| plugin.hold(&of_key(key))));
        for key in 8..25 {
            plugin.send(of_key(key)).expect_status(429);
        }
        held.clear();
        for key in 0..25 {
            plugin.send(of_key(key)).expect_status(200);
        }
        assert!(plugin.eventually(|| (1..=8).contains(&plugin.metric("rate_limit.shared.filter.plugin.rule.one"))));
    }
}
