//! How buckets fill and empty.

use std::collections::BTreeSet;
use std::time::Duration;

use proxy_filter_test::{Request, filter_test, json_examples};
use rate_limit::RateLimit;

use super::statuses::{allowed, statuses};

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn three_requests_per_minute_and_client(proxy) {
        let plugin = proxy.load(PER_IP);
        let ann = Request::get("/");
        assert_eq!(statuses(&plugin, 5, &ann), [200, 200, 200, 429, 429]);
        assert_eq!(statuses(&plugin, 1, &ann.clone().from("10.0.0.2")), [200]);
        assert_eq!(statuses(&plugin, 1, &ann.clone().from("2001:db8::1")), [200]);

        proxy.advance(Duration::from_secs(20));
        assert_eq!(statuses(&plugin, 2, &ann), [200, 429]);
        proxy.advance(Duration::from_secs(3600));
        assert_eq!(statuses(&plugin, 4, &ann), [200, 200, 200, 429]);
    }

    fn an_ipv6_network_is_one_client(proxy) {
        let plugin = proxy.load(PER_IP);
        assert_eq!(statuses(&plugin, 3, &Request::get("/").from("2001:db8::1")), [200, 200, 200]);
        assert_eq!(statuses(&plugin, 1, &Request::get("/").from("2001:db8::2:1")), [429]);
        assert_eq!(statuses(&plugin, 1, &Request::get("/").from("2001:db8:0:1::1")), [200]);
    }

    fn a_request_takes_as_many_tokens_as_it_costs(proxy) {
        let plugin =
            proxy.load(r#"{"rules": [{"key": [], "limit": 10, "period": "1h", "burst": 5, "cost": 2}]}"#);
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 429]);
    }

    fn a_limited_request_is_charged_to_no_rule(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"name": "all", "key": [], "limit": 3, "period": "1h"},
            {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1, "period": "1h"}
        ]}"#);
        let with = |key: &str| Request::get("/").header("x-api-key", key);
        assert_eq!(allowed(&plugin, 20, &with("a")), 1);
        assert_eq!(statuses(&plugin, 1, &with("b")), [200]);
        assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 429]);
    }

    fn a_rule_in_shadow_mode_counts_and_limits_no_request(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"rules": [{"name": "dark", "key": [], "limit": 1, "period": "1h", "shadow": true}],
                "headers": ["retry-after", "ratelimit", "x-ratelimit"]}"#,
        );
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 200]);
        plugin.send(Request::get("/")).expect_header("ratelimit", &[]).expect_header("retry-after", &[]);
        plugin.expect_metric("rate_limit.allowed.filter.plugin.rule.dark", 1);
        plugin.expect_metric("rate_limit.shadow_limited.filter.plugin.rule.dark", 3);
    }

    fn counters_exist_only_for_what_is_configured(proxy) {
        proxy.model_only("Envoy keeps the counters of other tests");
        let of = |filter: &str, rules: &str| {
            proxy.load(&format!(r#"{{"rules": [{rules}]{filter}}}"#));
            let names = proxy.metrics().unwrap_or_default().into_iter().map(|(name, _)| name);
            names.map(|name| name.replace(".filter.plugin", "")).collect::<BTreeSet<_>>()
        };
        let rule = |name: &str, more: &str| format!(r#"{{"name": "{name}", "limit": 1, "period": "1h", {more}}}"#);
        let mut known = BTreeSet::new();
        let mut expect = |found: BTreeSet<String>, expected: &[&str]| {
            let new: Vec<_> = found.difference(&known).map(String::as_str).collect();
            assert_eq!(new, expected);
            known = found;
        };
        let total = of("", &rule("total", r#""key": []"#));
        expect(total, &["rate_limit.allowed.rule.total", "rate_limit.contention.rule.total", "rate_limit.limited.rule.total"]);
        let dark = of("", &rule("dark", r#""key": [{"client_ip": {}}], "shadow": true"#));
        expect(dark, &[
            "rate_limit.allowed.rule.dark", "rate_limit.contention.rule.dark", "rate_limit.evictions.rule.dark",
            "rate_limit.shadow_limited.rule.dark",
        ]);
        expect(of(r#", "exempt": {"method": "PUT"}"#, &rule("total", r#""key": []"#)), &["rate_limit.exempt"]);
        let global = r#", "global": {"cluster": "none", "domain": "edge"}"#;
        let dark = rule("dark", r#""key": [{"client_ip": {}}], "shadow": true"#);
        let both = of(global, &format!("{}, {dark}", rule("total", r#""key": []"#)));
        expect(both, &[
            "rate_limit.global_allowed.rule.total", "rate_limit.global_error", "rate_limit.global_limited.rule.total",
        ]);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../../README.md")) {
            proxy.load(example);
        }
    }
}
