//! rate-limit and Envoy's filter `local_ratelimit` with descriptors, in the class of configurations that promise the same:
//! a bucket that holds so many tokens for each value of its key, and no other bucket that takes tokens from the same request.
//! Periods of an hour add no token while the test runs.

use fastrand::Rng;
use harness::bootstrap::Filter;
use harness::built;
use proxy_filter_test::{Request, Response};
use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::fixture::all;
use crate::seen::{Received, Seen, first};
use crate::subject::{Rule, Side, Subject, Twin, any};

pub(crate) const SUBJECT: Subject = Subject {
    name: "limits_are_those_of_envoys_local_ratelimit",
    draw,
    configure,
    exchange,
    promised,
    has_memory: true,
    // Enough to empty buckets.
    requests: 72,
};

/// The size of the bucket that Envoy's filter must have besides those of its descriptors. No test reaches it.
const DEFAULT_BUCKET: u32 = 1_000_000;

/// Tiers of which each rule of a set limits one.
const TIERS: [&str; 3] = ["free", "pro", ""];

/// Clients' addresses, some of which share a network.
const CLIENTS: [&str; 7] = [
    "192.0.2.7",
    "192.0.2.8",
    "198.51.100.1",
    "2001:db8::7",
    "2001:db8::8",
    "2001:db8:0:1::7",
    "2001:db8:1::7",
];

/// Values of headers. Two of them can make the same text as two others: `k` and `1`, `k1` and nothing.
const KEYS: [&str; 7] = ["k", "k", "k1", "1", "", "k ", "é"];

/// Queries, most of which have the parameter that rules read. None has a `+`, which is a space in ours and not in Envoy's.
const QUERIES: [&str; 13] = [
    "", "?", "?q", "?q=", "?q=1", "?q=2", "?q=1&q=2", "?a=b&q=1", "?q=%31", "?Q=1", "?q=a%20b", "?&q=1",
    "?q=1?q=2",
];

/// A part of a key: ours, Envoy's action, and the key of the entry that the action makes.
struct Part {
    ours: Value,
    action: Value,
    entry: &'static str,
}

fn part(random: &mut Rng) -> Part {
    let header =
        |name: &str, key: &str| json!({"request_headers": {"header_name": name, "descriptor_key": key}});
    let (ours, action, entry) = match random.u8(..8) {
        0 => (json!({"client_ip": {"ipv6_prefix": 128}}), json!({"remote_address": {}}), "remote_address"),
        1 => {
            let (v4, v6) = any(random, [(24, 64), (32, 64), (16, 48), (32, 32)]);
            (
                json!({"client_ip": {"ipv4_prefix": v4, "ipv6_prefix": v6}}),
                json!({"masked_remote_address": {"v4_prefix_mask_len": v4, "v6_prefix_mask_len": v6}}),
                "masked_remote_address",
            )
        }
        // Envoy's value of the path has the query, so requests with this rule have none.
        2 => (json!({"path": {}}), header(":path", "path"), "path"),
        3 => (json!({"method": {}}), header(":method", "method"), "method"),
        4 => (json!({"header": "user-agent"}), header("user-agent", "agent"), "agent"),
        5 => {
            let parameter = json!({"query_parameter_name": "q", "descriptor_key": "q"});
            (json!({"query": "q"}), json!({"query_parameters": parameter}), "q")
        }
        _ => (json!({"header": "x-api-key"}), header("x-api-key", "api-key"), "api-key"),
    };
    Part { ours, action, entry }
}

fn draw(random: &mut Rng) -> Vec<Rule> {
    let tiers = random.usize(..=TIERS.len());
    if tiers == 0 {
        return vec![rule(random, None)];
    }
    TIERS.iter().take(tiers).map(|tier| rule(random, Some(tier))).collect()
}

/// Draws a rule for all requests, or for those of a tier.
fn rule(random: &mut Rng, tier: Option<&str>) -> Rule {
    let mut parts: Vec<Part> = Vec::new();
    for _ in 0..any(random, [0, 1, 1, 2, 2, 3]) {
        let part = part(random);
        if parts.iter().all(|other| other.entry != part.entry) {
            parts.push(part);
        }
    }
    let mut actions: Vec<_> = parts.iter().map(|part| part.action.clone()).collect();
    // Without a value, an entry has a bucket for each value.
    let mut entries: Vec<_> = parts.iter().map(|part| json!({"key": part.entry})).collect();
    let limit = random.u8(1..6);
    let burst = if random.bool() { limit } else { random.u8(1..6) };
    let mut ours = json!({
        "key": parts.iter().map(|part| &part.ours).collect::<Vec<_>>(),
        "limit": limit,
        "burst": burst,
        "period": "1h",
    });
    if let Some(tier) = tier {
        ours["when"] = json!({"header": "x-tier", "exact": tier});
        let name = if tier.is_empty() { "none" } else { tier };
        let header = json!({"name": "x-tier", "string_match": {"exact": tier}});
        actions.push(json!({"header_value_match": {"descriptor_value": name, "headers": [header]}}));
        entries.push(json!({"key": "header_match", "value": name}));
    } else if parts.is_empty() {
        actions.push(json!({"generic_key": {"descriptor_value": "all"}}));
        entries.push(json!({"key": "generic_key", "value": "all"}));
    }
    let bucket = json!({"max_tokens": burst, "tokens_per_fill": limit, "fill_interval": "3600s"});
    let native = json!({
        "limit": {"actions": actions},
        "descriptor": {"entries": entries, "token_bucket": bucket},
    });
    Rule { kind: "limit", ours, native }
}

fn configure(rules: &[Rule]) -> Twin {
    let always = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
    let parts = |part: &str| rules.iter().map(|rule| &rule.native[part]).collect::<Vec<_>>();
    let native = json!({
        "name": "envoy.filters.http.local_ratelimit",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "limits",
            "token_bucket": {
                "max_tokens": DEFAULT_BUCKET,
                "tokens_per_fill": DEFAULT_BUCKET,
                "fill_interval": "3600s",
            },
            "filter_enabled": always,
            "filter_enforced": always,
            "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
            "max_dynamic_descriptors": 1000,
            "rate_limits": parts("limit"),
            "descriptors": parts("descriptor"),
        },
    });
    let ours = json!({
        "rules": rules.iter().map(|rule| &rule.ours).collect::<Vec<_>>(),
        "headers": ["retry-after", "x-ratelimit"],
    });
    Twin {
        native: Side { filters: vec![Filter::Native(native)], routes: vec![all()] },
        ours: Side { filters: vec![built::filter("rate-limit", &ours.to_string())], routes: vec![all()] },
        trusted_hops: 1,
    }
}

/// Draws a request of a few clients with a few keys.
fn exchange(random: &mut Rng, rules: &[Rule]) -> Exchange {
    let reads_path = rules.iter().any(|rule| rule.native.to_string().contains(":path"));
    let query = if reads_path { "" } else { any(random, QUERIES) };
    let target = format!("{}{query}", any(random, ["/a", "/b", "/a/b"]));
    let mut request = Request::get(target).header("x-forwarded-for", any(random, CLIENTS));
    if random.u8(..4) == 0 {
        request.headers.replace(b":method", b"PUT");
    }
    for name in ["x-api-key", "user-agent"] {
        for _ in 0..any(random, [0, 1, 1, 1, 1, 2]) {
            request = request.header(name, any(random, KEYS));
        }
    }
    if random.u8(..5) > 0 {
        request = request.header("x-tier", any(random, ["free", "free", "pro", "", "other"]));
    }
    Exchange::new(random, request, Response::new(200))
}

/// Keeps whether the request passed, the status, and the headers that mean the same in both. Envoy's limit is the size of the
/// bucket, and ours what is added in a period. Envoy's reset is the time until the next refill, and ours the time until the
/// bucket is full.
fn promised(rules: &[Rule], seen: Seen) -> Seen {
    let Seen { upstream, mut client } = seen;
    // Envoy shows the bucket that it must have if no other limits the request.
    let is_default = first(&client, "x-ratelimit-limit")
        .is_some_and(|limit| limit == DEFAULT_BUCKET.to_string().as_bytes());
    let says_size = rules.iter().all(|rule| rule.ours["burst"] == rule.ours["limit"]);
    client.retain(|name, _| match name.as_str() {
        ":status" | "(error)" => true,
        "x-ratelimit-remaining" => !is_default,
        "x-ratelimit-limit" => !is_default && says_size,
        _ => false,
    });
    Seen { upstream: upstream.map(|_| Received::new()), client }
}
