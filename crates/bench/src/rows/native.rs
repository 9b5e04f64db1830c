//! Envoy's own filters and route options.

use harness::bootstrap::Filter;
use serde_json::{Value, json};

use crate::row::{Destination, Form, Job, Row};

/// The names of the five headers.
const NAMES: [&str; 5] = ["x-a", "x-b", "x-c", "x-d", "x-e"];

pub(super) fn rows() -> Vec<Row> {
    let filter = |id, job, detail, filter| Row::filtered(id, job, Form::Native, detail, filter);
    let route = |id, job, detail, to| Row::routed(id, job, Form::Native, detail, to);
    let regex = json!({"pattern": {"regex": "banana/([0-9]*)"}, "substitution": r"status/\1"});
    vec![
        filter("header-native", Job::Header, "header_mutation", mutation(&NAMES[..1])),
        route(
            "header-native-route",
            Job::Header,
            "response_headers_to_add",
            Destination::DirectResponse(json!({"response_headers_to_add": [added("x-a", "1")]})),
        ),
        filter("five-native", Job::FiveHeaders, "header_mutation", mutation(&NAMES)),
        route(
            "regex-native",
            Job::Regex,
            "regex_rewrite",
            Destination::Upstream(json!({"regex_rewrite": regex})),
        ),
        route(
            "prefix-native",
            Job::Prefix,
            "prefix_rewrite",
            Destination::Upstream(json!({"prefix_rewrite": "/status/"})),
        ),
        filter("bucket-native", Job::Bucket, "local_ratelimit", local_ratelimit(&json!({}))),
        filter(
            "address-native",
            Job::Address,
            "local_ratelimit",
            local_ratelimit(&json!({
                "rate_limits": [{"actions": [{"remote_address": {}}]}],
                // An entry without a value is a bucket for each value.
                "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": bucket()}],
                "max_dynamic_descriptors": 10_000,
            })),
        ),
    ]
}

fn added(name: &str, value: &str) -> Value {
    json!({"header": {"key": name, "value": value}, "append_action": "APPEND_IF_EXISTS_OR_ADD"})
}

fn mutation(names: &[&str]) -> Filter {
    let mutations: Vec<_> = names.iter().map(|name| json!({"append": added(name, "1")})).collect();
    Filter::Native(json!({
        "name": "envoy.filters.http.header_mutation",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": {"response_mutations": mutations},
        },
    }))
}

/// A bucket of a million tokens, to which a thousand are added each second.
fn bucket() -> Value {
    json!({"max_tokens": 1_000_000, "tokens_per_fill": 100, "fill_interval": "0.1s"})
}

fn local_ratelimit(options: &Value) -> Filter {
    let all = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
    let mut configuration = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit",
        "token_bucket": bucket(),
        "filter_enabled": all,
        "filter_enforced": all,
    });
    for (name, value) in options.as_object().into_iter().flatten() {
        configuration[name] = value.clone();
    }
    Filter::Native(json!({"name": "envoy.filters.http.local_ratelimit", "typed_config": configuration}))
}
