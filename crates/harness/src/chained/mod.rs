//! Every filter with a configuration that uses most of what it can do, to run all of them in one chain.

use proxy_filter_envoy::bootstrap::Filter;
use serde_json::{Value, json};

use crate::built::filter;

/// The header that add-header sets on every request.
pub const SET: (&str, &str) = ("x-env", "prod");

/// The beginning of the names of headers that add-header removes from every request.
pub const REMOVED: &str = "x-internal-";

/// The headers that path-rewrite removes from every request, before it may write them itself.
pub const OWN: [&str; 3] = ["x-envoy-original-path", "x-forwarded-prefix", "x-forwarded-host"];

/// What the limits of the chain allow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The requests of a client at once, which come back over a minute.
    pub burst: u32,
    /// The requests of a client in flight, and the connections of a client.
    pub at_once: usize,
}

/// Returns the HTTP filters, each with the name of its module, in the order in which they are chained: limits first, and
/// headers last.
pub fn http(limits: Limits) -> Vec<(&'static str, Filter)> {
    let fixed = |text: &str| text.to_owned();
    [
        ("rate-limit", rate_limit(limits).to_string()),
        ("rate-limit-body", rate_limit_body(limits).to_string()),
        ("path-rewrite", fixed(include_str!("path-rewrite.json"))),
        ("path-rewrite-reverse", fixed(include_str!("path-rewrite-reverse.json"))),
        ("add-header", fixed(include_str!("add-header.json"))),
        ("add-header-edit", fixed(include_str!("add-header-edit.json"))),
    ]
    .map(|(name, configuration)| (name, closed(name, &configuration)))
    .into()
}

/// Returns tcp-prepend with a PROXY protocol header that merges those of clients in these networks.
pub fn tcp_prepend(from: &[&str]) -> Filter {
    let tlv = json!({"type": "0xE0", "value": "%ATTR(connection.requested_server_name)%"});
    let header = json!({"version": 2, "tlvs": [tlv], "crc32c": true, "tls": true, "merge": {"from": from}});
    let configuration = json!({"to_upstream": {"payload": {"proxy_protocol": header}}, "on_missing": "skip"});
    closed("tcp-prepend", &configuration.to_string())
}

/// Returns rate-limit-tcp.
pub fn rate_limit_tcp(limits: Limits) -> Filter {
    let rules = json!([
        {"name": "per-source", "limit": limits.burst, "period": "60s"},
        {"name": "at-once", "concurrency": limits.at_once},
    ]);
    closed("rate-limit-tcp", &json!({"rules": rules}).to_string())
}

/// A VM that fails stays failed, so that no later request succeeds.
fn closed(name: &str, configuration: &str) -> Filter {
    filter(name, configuration).option("failure_policy", "FAIL_CLOSED")
}

fn rate_limit(Limits { burst, at_once }: Limits) -> Value {
    /// More than anyone sends.
    const MANY: u32 = 1_000_000_000;
    let classes = json!({"template": ["/users/{id}", "/users/{id}/posts/{post}"], "prefix": "/static"});
    let client = json!({"client_ip": {}});
    let parts = json!([{"header": "x-api-key"}, {"query": "q"}, {"cookie": "c"}, {"header": ":authority"}]);
    let attribute = json!({"attribute": "request.headers.user-agent"});
    let tiers = json!({"by": {"header": "x-tier"}, "of": {"free": {"limit": MANY}, "pro": {"limit": MANY}}, "else": {"limit": MANY}});
    let failed = json!({"when": {"status": ["4xx", "5xx"]}});
    let cost = json!({"response_header": "x-cost", "default": 1});
    json!({
        "rules": [
            {"name": "per-ip", "key": [client], "limit": burst, "period": "60s"},
            {"name": "per-path", "key": [client, {"path": classes}, {"method": {}}], "limit": MANY, "period": "60s", "slots": 64},
            {"name": "per-parts", "key": parts, "limit": MANY, "period": "60s", "slots": 64, "lease": 8},
            {"name": "per-attribute", "key": [attribute], "limit": MANY, "period": "60s", "slots": 64},
            {"name": "tiers", "key": [{"header": "x-api-key"}], "limits": tiers, "period": "60s", "slots": 64},
            {"name": "failures", "key": [client], "limit": MANY, "period": "60s", "count": failed},
            {"name": "costs", "key": [client], "limit": MANY, "period": "60s", "cost": cost, "shadow": true},
            {"name": "watched", "key": [{"path": {}}], "limit": 1, "period": "1h", "shadow": true},
            {"name": "at-once", "key": [client], "concurrency": at_once},
        ],
        "exempt": [{"path": {"prefix": "/healthz"}}, {"all": [{"host": "*.exempt.example"}, {"header": "x-exempt", "contains": "yes"}]}],
        "headers": ["retry-after", "ratelimit", "x-ratelimit"],
    })
}

fn rate_limit_body(Limits { at_once, .. }: Limits) -> Value {
    let cost = json!({"response_json": "/usage/total_tokens", "max_bytes": 4096, "default": 10});
    json!({
        "rules": [
            {"name": "tokens", "key": [{"header": "x-api-key"}], "limit": 1_000_000_000, "period": "60s", "cost": cost, "slots": 64},
            {"name": "at-once", "key": [{"client_ip": {}}], "concurrency": at_once},
        ],
    })
}
