//! Rules that are charged once the response is known.

use std::time::Duration;

use proxy_filter_test::{Request, Response, Service, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

/// Counts failed logins: three at once, then one every 20 minutes.
const LOGINS: &str = r#"{
    "rules": [{"name": "login", "key": [{"client_ip": {}}], "limit": 3, "period": "1h",
               "count": {"when": {"all": [{"status": [401, 403]}, {"method": "POST"}]}}}],
    "headers": ["retry-after", "ratelimit"]
}"#;

/// Each response says what it costs.
const TOKENS: &str = r#"{
    "rules": [{"name": "tokens", "key": [], "limit": 100, "period": "1000s",
               "cost": {"response_header": "x-tokens", "default": 7}}],
    "headers": ["retry-after", "ratelimit"]
}"#;

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn only_responses_that_match_are_charged(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(LOGINS);
        let login = Request::post("/login", &["password"]);
        assert_eq!(statuses(&plugin, 5, &login), [200; 5]);
        let plugin = plugin.upstream(Response::new(403));
        assert_eq!(statuses(&plugin, 5, &Request::get("/login")), [403; 5], "the method does not match");
        plugin.send(login.clone()).expect_status(403).expect_header("ratelimit", &[r#""login";r=2;t=1200"#]);
        plugin.send(login.clone()).expect_status(403).expect_header("ratelimit", &[r#""login";r=1;t=2400"#]);
        let plugin = plugin.upstream(Response::new(200));
        plugin.send(login.clone()).expect_status(200).expect_header("ratelimit", &[r#""login";r=1;t=2400"#]);
        let plugin = plugin.upstream(Response::new(401));
        plugin.send(login.clone()).expect_status(401).expect_header("ratelimit", &[r#""login";r=0;t=3600"#]);
        for _ in 0..3 {
            plugin.send(login.clone())
                .expect_status(429)
                .expect_unreached()
                .expect_header("retry-after", &["1200"])
                .expect_header("ratelimit", &[r#""login";r=0;t=3600"#]);
        }
        // The request is limited, whatever its response would be.
        plugin.send(Request::get("/login")).expect_status(429);
        assert_eq!(statuses(&plugin, 1, &login.clone().from("10.0.0.2")), [401]);
        plugin.expect_metric("rate_limit.charged.filter.plugin.rule.login", 4);
        plugin.expect_metric("rate_limit.limited.filter.plugin.rule.login", 4);
        plugin.expect_metric("rate_limit.charges_cut.filter.plugin.rule.login", 0);
        proxy.advance(Duration::from_secs(1200));
        assert_eq!(statuses(&plugin, 2, &login), [401, 429]);
    }

    fn replies_of_the_filter_are_not_counted(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "errors", "key": [], "limit": 1, "period": "1h", "count": {"when": {"status": "4xx"}}},
                          {"name": "all", "key": [{"header": "x-user"}], "limit": 1, "period": "1h"}],
                "exempt": {"path": {"exact": "/healthz"}}}"#,
        );
        let ann = Request::get("/").header("x-user", "ann");
        assert_eq!(statuses(&plugin, 4, &ann), [200, 429, 429, 429]);
        let plugin = plugin.upstream(Response::new(404));
        assert_eq!(statuses(&plugin, 3, &Request::get("/healthz")), [404; 3]);
        assert_eq!(statuses(&plugin, 2, &ann.clone().header("x-user", "bob")), [429; 2]);
        assert_eq!(statuses(&plugin, 2, &Request::get("/").header("x-user", "bob")), [404, 429]);
        let other = Request::get("/").header("x-user", "eve");
        assert_eq!(statuses(&plugin, 1, &other), [429]);
    }

    fn a_response_says_what_it_costs(proxy) {
        proxy.reset_metrics();
        let costs = |tokens: &str| Response::new(200).header("x-tokens", tokens);
        let mut plugin = proxy.load(TOKENS);
        for (tokens, left) in [
            ("10", 90), (" 5\t", 85), ("0", 85), ("", 78), ("ten", 71), ("-1", 64), ("1.5", 57), ("4294967296", 50), ("49", 1),
        ] {
            plugin = plugin.upstream(costs(tokens));
            let missing = 100_u32.saturating_sub(left);
            let shown = format!("\"tokens\";r={left};t={missing}0");
            plugin.send(Request::get("/")).expect_status(200).expect_header("ratelimit", &[&shown]);
        }
        plugin = plugin.upstream(costs("250"));
        plugin.send(Request::get("/")).expect_status(200).expect_header("ratelimit", &[r#""tokens";r=0;t=3490"#]);
        plugin.send(Request::get("/")).expect_status(429).expect_header("retry-after", &["2500"]);
        plugin.expect_metric("rate_limit.charged.filter.plugin.rule.tokens", 349);
        plugin.expect_metric("rate_limit.cost_unknown.filter.plugin.rule.tokens", 5);
        plugin.expect_metric("rate_limit.charges_cut.filter.plugin.rule.tokens", 0);
        proxy.advance(Duration::from_secs(2499));
        plugin.send(Request::get("/")).expect_status(429).expect_header("retry-after", &["1"]);
        proxy.advance(Duration::from_secs(1));
        plugin.send(Request::get("/")).expect_status(200);
    }

    fn a_client_that_leaves_is_charged_the_default_unless_only_some_responses_count(proxy) {
        for (name, count, expected) in [("all", "", 429), ("some", r#""count": {"when": {"status": 200}},"#, 200)] {
            let plugin = proxy.load(&format!(
                r#"{{"rules": [{{"name": "{name}", "key": [], "limit": 5, "period": "1h", {count}
                                 "cost": {{"response_header": "x-tokens", "default": 5}}}}]}}"#
            )).upstream(Response::new(200).header("x-tokens", "0"));
            drop(plugin.hold(&Request::get("/")));
            assert!(plugin.eventually(|| statuses(&plugin, 1, &Request::get("/")) == [expected]), "{name}");
        }
    }

    fn debt_is_bounded(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(TOKENS).upstream(Response::new(200).header("x-tokens", "4294967295"));
        plugin.send(Request::get("/")).expect_status(200).expect_header("ratelimit", &[r#""tokens";r=0;t=11000"#]);
        plugin.send(Request::get("/")).expect_status(429).expect_header("retry-after", &["10010"]);
        plugin.expect_metric("rate_limit.charges_cut.filter.plugin.rule.tokens", 1);
    }

    fn a_rule_in_shadow_mode_is_charged_as_if_it_limited(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"rules": [{"name": "shade", "key": [], "limit": 2, "period": "1h", "shadow": true, "count": {"when": {"status": 404}}}]}"#,
        ).upstream(Response::new(404));
        assert_eq!(statuses(&plugin, 5, &Request::get("/")), [404; 5]);
        plugin.expect_metric("rate_limit.charged.filter.plugin.rule.shade", 2);
        plugin.expect_metric("rate_limit.shadow_limited.filter.plugin.rule.shade", 3);
    }

    fn a_number_of_tokens_is_charged_to_responses_that_match(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [], "limit": 5, "period": "1h", "cost": 2, "count": {"when": {"status": "5xx"}}}]}"#,
        ).upstream(Response::new(502));
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [502, 502, 429]);
    }

    fn a_late_rule_beside_others_is_charged_by_itself(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "late", "key": [], "limit": 3, "period": "1h", "cost": {"response_header": "x-tokens"}},
                          {"name": "now", "key": [], "limit": 3, "period": "1h"}], "headers": ["ratelimit"]}"#,
        ).upstream(Response::new(200).header("x-tokens", "2"));
        let get = || plugin.send(Request::get("/"));
        get().expect_status(200).expect_header("ratelimit", &[r#""late";r=1;t=2400, "now";r=2;t=1200"#]);
        get().expect_status(200).expect_header("ratelimit", &[r#""late";r=0;t=4800, "now";r=1;t=2400"#]);
        get().expect_status(429).expect_header("ratelimit", &[r#""late";r=0;t=4800, "now";r=1;t=2400"#]);
    }

    fn what_the_rate_limit_service_denies_is_not_charged(proxy) {
        let load = |cluster: &str| {
            let late = |name: &str, how: &str| format!(r#"{{"name": "{name}-{cluster}", "key": [], "limit": 1, "period": "1h", {how}}}"#);
            let (count, cost) = (r#""count": {"when": {"status": ["4xx", "5xx"]}}"#, r#""cost": {"response_header": "x-tokens"}"#);
            proxy.load(&format!(
                r#"{{"rules": [{}, {}, {{"name": "shared-{cluster}", "key": [], "limit": 100, "period": "1h"}}],
                    "global": {{"cluster": "{cluster}", "domain": "edge", "timeout": "1s", "on_error": "deny"}}}}"#,
                late("count", count), late("cost", cost)
            ))
        };
        let get = Request::get("/");
        assert_eq!(statuses(&load("missing"), 3, &get), [503; 3]);
        proxy.service("ratelimit", Service::Grpc(b"\x08\x02".to_vec()));
        let plugin = load("ratelimit");
        assert_eq!(statuses(&plugin, 3, &get), [429; 3]);
        assert_eq!(proxy.calls_to("ratelimit").len(), 3, "the local rules allow the requests");
        proxy.service("ratelimit", Service::Grpc(b"\x08\x01".to_vec()));
        assert_eq!(statuses(&plugin, 2, &get), [200, 429]);
        let calls = proxy.calls_to("ratelimit");
        let descriptors = calls.iter().map(|call| call.body.concat().escape_ascii().to_string()).collect::<Vec<_>>();
        assert!(matches!(descriptors.as_slice(), [call] if call.contains("shared") && !call.contains("count")), "{descriptors:?}");
    }

    fn each_tier_is_charged_by_its_own_limit(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"header": "x-plan"}], "period": "1h", "count": {"when": {"status": 404}},
                          "limits": {"by": {"header": "x-plan"}, "of": {"pro": {"limit": 3}}, "else": {"limit": 1}}}]}"#,
        ).upstream(Response::new(404));
        let of = |plan: &str| statuses(&plugin, 4, &Request::get("/").header("x-plan", plan));
        assert_eq!(of("pro"), [404, 404, 404, 429]);
        assert_eq!(of("free"), [404, 429, 429, 429]);
    }
}
