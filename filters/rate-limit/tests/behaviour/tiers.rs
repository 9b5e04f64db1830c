//! Limits that a part of the request chooses.

use std::time::Duration;

use proxy_filter_test::{Proxy, Request, filter_test};
use rate_limit::RateLimit;

use super::statuses::{allowed, statuses};

const BY_TIER: &str = r#"{"by": {"header": "x-tier"}, "of": {"free": {"limit": 2}, "pro": {"limit": 4, "burst": 3, "period": "60s"}},
    "else": {"limit": 1}}"#;

/// One rule by client, with these fields added.
fn rule(key: &str, more: &str) -> String {
    format!(r#"{{"rules": [{{"name": "tiers", "key": {key}, "period": "1h", {more}}}]}}"#)
}

fn of(client: &str, tier: &str) -> Request {
    Request::get("/").header("x-client", client).header("x-tier", tier)
}

/// A rule with so many limits: of 1, 2 or 3 requests, and of 5 for all other values.
fn with_entries(count: usize) -> String {
    let entry = |(entry, limit)| format!(r#""tenant-{entry}": {{"limit": {limit}}}"#);
    let entries: Vec<_> = (0..count).zip([1, 2, 3].into_iter().cycle()).map(entry).collect();
    let of = entries.join(", ");
    rule(
        "[]",
        &format!(r#""limits": {{"by": {{"header": "x-tier"}}, "of": {{{of}}}, "else": {{"limit": 5}}}}"#),
    )
}

/// Returns the instructions of one request to a filter with so many limits.
fn instructions(entries: usize) -> u64 {
    let proxy = Proxy::wasm("rate-limit");
    let plugin = proxy.load(&with_entries(entries));
    let send = || _ = plugin.send(of("", "tenant-0"));
    // The first requests fill buffers, and are allowed.
    (0..4).for_each(|_| send());
    let before = proxy.cost().instructions;
    send();
    proxy.cost().instructions.saturating_sub(before)
}

#[test]
fn thousands_of_limits_cost_a_request_no_more_than_one() {
    let (one, thousands) = (instructions(1), instructions(5000));
    assert!(
        one > 0 && thousands.saturating_sub(one) < one / 100,
        "{one} instructions with one, {thousands} with 5000"
    );
}

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn each_value_has_its_limit_and_others_have_the_last(proxy) {
        let plugin = proxy.load(&rule(r#"[{"header": "x-client"}]"#, &format!(r#""limits": {BY_TIER}"#)));
        for (tier, expected) in [("free", 2), ("pro", 3), ("Pro", 1), ("", 1)] {
            assert_eq!(allowed(&plugin, 5, &of(tier, tier)), expected, "`{tier}`");
        }
        let without = Request::get("/").header("x-client", "b");
        assert_eq!(statuses(&plugin, 2, &without), [200, 429]);
        // Other clients have buckets of their own.
        assert_eq!(allowed(&plugin, 5, &of("other", "free")), 2);
    }

    fn a_key_has_a_bucket_for_each_limit(proxy) {
        let plugin = proxy.load(&rule(r#"[{"header": "x-client"}]"#, &format!(r#""limits": {BY_TIER}"#)));
        assert_eq!(statuses(&plugin, 3, &of("a", "free")), [200, 200, 429]);
        assert_eq!(allowed(&plugin, 5, &of("a", "pro")), 3);
        assert_eq!(statuses(&plugin, 1, &of("a", "free")), [429], "the old tier's bucket keeps its count");
        // The values without a limit share the last one, so they share a bucket.
        assert_eq!(statuses(&plugin, 2, &of("a", "x")), [200, 429]);
        assert_eq!(statuses(&plugin, 1, &of("a", "y")), [429]);
    }

    fn a_rule_without_a_key_has_a_bucket_for_each_limit(proxy) {
        let plugin = proxy.load(&rule("[]", &format!(r#""limits": {BY_TIER}, "slots": 64"#)));
        assert_eq!(allowed(&plugin, 5, &of("a", "pro")), 3);
        assert_eq!(statuses(&plugin, 1, &of("b", "pro")), [429]);
        assert_eq!(allowed(&plugin, 5, &of("b", "free")), 2);
    }

    fn headers_show_the_limit_that_holds(proxy) {
        let plugin = proxy.load(&format!(
            r#"{{"rules": [{{"name": "tiers", "key": [{{"header": "x-client"}}], "period": "1h", "limits": {BY_TIER}}}],
                "headers": ["retry-after", "ratelimit", "x-ratelimit"]}}"#
        ));
        let pro = plugin.send(of("a", "pro"));
        pro.expect_header("ratelimit-policy", &[r#""tiers";q=4;w=60"#]);
        pro.expect_header("ratelimit", &[r#""tiers";r=2;t=15"#]).expect_header("x-ratelimit-limit", &["4"]);
        let free = plugin.send(of("a", "free"));
        free.expect_header("ratelimit-policy", &[r#""tiers";q=2;w=3600"#]);
        assert_eq!(allowed(&plugin, 3, &of("a", "pro")), 2);
        plugin.send(of("a", "pro")).expect_status(429).expect_header("retry-after", &["15"]);
        proxy.advance(Duration::from_secs(15));
        assert_eq!(statuses(&plugin, 2, &of("a", "pro")), [200, 429]);
    }

    fn cost_shadow_and_burst_of_the_rule_hold_for_each_limit(proxy) {
        let limits = r#""limits": {"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9}}, "else": {"limit": 4, "burst": 2}}"#;
        let plugin = proxy.load(&rule("[]", &format!(r#"{limits}, "cost": 2, "burst": 6"#)));
        assert_eq!([allowed(&plugin, 5, &of("a", "pro")), allowed(&plugin, 5, &of("a", "x"))], [3, 1]);
        proxy.reset_metrics();
        let plugin = proxy.load(&rule("[]", &format!(r#"{limits}, "shadow": true"#)));
        assert_eq!(statuses(&plugin, 3, &of("a", "x")), [200; 3]);
        plugin.expect_metric("rate_limit.shadow_limited.filter.plugin.rule.tiers", 1);
    }

    fn what_chooses_is_any_part_of_the_request(proxy) {
        for (by, value, request) in [
            (r#"{"query": "q"}"#, "a b", Request::get("/?q=a+b")),
            (r#"{"cookie": "plan"}"#, "pro", Request::get("/").header("cookie", "plan=pro")),
            (r#"{"method": {}}"#, "POST", Request::post("/", &["x"])),
            (r#"{"path": {}}"#, "/a", Request::get("/b/../a?c")),
            (r#"{"path": {"template": "/users/{id}"}}"#, "/users/{id}", Request::get("/users/7")),
            (r#"{"attribute": ["request", "host"]}"#, "a.example", Request::get("/").authority("a.example")),
        ] {
            let limits = format!(
                r#""limits": {{"by": {by}, "of": {{"{value}": {{"limit": 2}}}}, "else": {{"limit": 1}}}}"#
            );
            let plugin = proxy.load(&rule("[]", &limits));
            assert_eq!(allowed(&plugin, 3, &request), 2, "{by}");
            assert_eq!(allowed(&plugin, 3, &Request::get("/other?q=x").authority("b.example")), 1, "{by}");
        }
    }

    fn leases_hold_the_tokens_of_one_limit(proxy) {
        let limits = r#"{"by": {"header": "x-tier"}, "of": {"free": {"limit": 5}, "pro": {"limit": 5, "period": "60s"}}, "else": {"limit": 5}}"#;
        let plugin = proxy.load(&rule(
            r#"[{"header": "x-client"}]"#,
            &format!(r#""limits": {limits}, "lease": 5, "slots": 32768"#),
        ));
        let on_worker = |request: &Request| plugin.send_on_worker(0, request).status() == 200;
        // Among so many clients, some share a place for leases. A request that takes as much time to come back as 60 others must not end
        // the lease of another client.
        let clients: Vec<_> = (0..60).map(|client| client.to_string()).collect();
        for turn in 0..5 {
            for client in &clients {
                assert!(on_worker(&of(client, "pro")), "turn {turn}");
                assert!(on_worker(&of(client, "free")), "turn {turn}");
            }
        }
        assert!(!clients.iter().any(|client| on_worker(&of(client, "free")) || on_worker(&of(client, "pro"))));
    }

    fn the_order_of_values_does_not_matter_and_their_numbers_do(proxy) {
        let limits = |first: &str, second: &str| {
            rule("[]", &format!(r#""limits": {{"by": {{"header": "x-tier"}}, "of": {{{first}, {second}}}, "else": {{"limit": 1}}}}"#))
        };
        let (a, b) = (r#""a": {"limit": 1}"#, r#""b": {"limit": 1}"#);
        let first = proxy.load(&limits(a, b));
        assert_eq!(statuses(&first, 2, &of("", "a")), [200, 429]);
        assert_eq!(statuses(&proxy.load(&limits(b, a)), 1, &of("", "a")), [429]);
        assert_eq!(statuses(&proxy.load(&limits(a, r#""b": {"limit": 2}"#)), 1, &of("", "a")), [200]);
        assert_eq!(statuses(&proxy.load(&limits(a, r#""c": {"limit": 1}"#)), 1, &of("", "a")), [200]);
    }

    fn thousands_of_values_are_loaded_and_found(proxy) {
        let plugin = proxy.load(&with_entries(5000));
        for (entry, expected) in [(0, 1), (1, 2), (2, 3), (2500, 2), (4999, 2), (5000, 5)] {
            assert_eq!(allowed(&plugin, 6, &of("", &format!("tenant-{entry}"))), expected, "{entry}");
        }
    }
}
