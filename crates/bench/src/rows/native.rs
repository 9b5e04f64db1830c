//! Envoy's own filters and route options.

use harness::bootstrap::Filter;
use serde_json::{Value, json};

use crate::job::{Form, Job};
use crate::row::{Row, merge};

pub(super) fn rows() -> Vec<Row> {
    let row = |id, job, detail| Row::new(id, job, Form::Native, detail);
    let regex = json!({"pattern": {"regex": "banana/([0-9]*)"}, "substitution": r"status/\1"});
    let per_address = json!({
        "rate_limits": [{"actions": [{"remote_address": {}}]}],
        // An entry without a value is a bucket for each value.
        "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": bucket()}],
        "max_dynamic_descriptors": 10_000,
    });
    vec![
        row("header-native", Job::Header, "header_mutation").filter(mutation(&["x-a"])),
        row("header-native-route", Job::Header, "response_headers_to_add")
            .route(json!({"response_headers_to_add": [added("x-a")]})),
        row("five-native", Job::FiveHeaders, "header_mutation")
            .filter(mutation(&["x-a", "x-b", "x-c", "x-d", "x-e"])),
        // Routes rewrite what they send to an upstream, and nothing else.
        row("regex-native", Job::Regex, "regex_rewrite").upstream(json!({"regex_rewrite": regex})),
        row("prefix-native", Job::Prefix, "prefix_rewrite")
            .route(json!({"match": {"path_separated_prefix": "/banana"}}))
            .upstream(json!({"prefix_rewrite": "/status"})),
        row("bucket-native", Job::Bucket, "local_ratelimit").filter(local_ratelimit(&json!({}))),
        row("address-native", Job::Address, "local_ratelimit").filter(local_ratelimit(&per_address)),
    ]
}

fn added(name: &str) -> Value {
    json!({"header": {"key": name, "value": "1"}, "append_action": "APPEND_IF_EXISTS_OR_ADD"})
}

fn mutation(names: &[&str]) -> Filter {
    let mutations: Vec<_> = names.iter().map(|name| json!({"append": added(name)})).collect();
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
    merge(&mut configuration, options);
    Filter::Native(json!({"name": "envoy.filters.http.local_ratelimit", "typed_config": configuration}))
}
