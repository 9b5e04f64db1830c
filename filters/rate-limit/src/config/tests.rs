//! The schema, and configurations that are refused.

use proxy_filter::Filter;

use super::*;
use crate::RateLimit;

#[test]
fn the_schema_matches_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

/// A rule with these fields added.
macro_rules! rule {
    ($rest:literal) => {
        concat!(r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 10, "period": "1s", "#, $rest, "}]}")
    };
}

/// A configuration with one rule, and these fields added.
macro_rules! beside {
    ($rest:literal) => {
        concat!(r#"{"rules": [{"key": [], "limit": 1, "period": "1s"}], "#, $rest, "}")
    };
}

/// A rule that counts by this part of a request.
macro_rules! key {
    ($part:literal) => {
        concat!(r#"{"rules": [{"key": ["#, $part, r#"], "limit": 1, "period": "1s"}]}"#)
    };
}

/// A rule with these limits, and these fields added.
macro_rules! limits {
    ($limits:literal, $rest:literal) => {
        concat!(r#"{"rules": [{"key": [], "period": "1s", "limits": "#, $limits, $rest, "}]}")
    };
}

mod body;

const WRONG: [&str; 127] = [
    "",
    "{}",
    r#"{"rules": []}"#,
    "3 per minute",
    "[]",
    r#"{"rules": {}}"#,
    r#"{"rules": [7]}"#,
    r#"{"ttlSecond": 60}"#,
    r#"{"burst": 60}"#,
    r#"{"ttlSecond": 0, "burst": 3}"#,
    r#"{"ttlSecond": 60, "burst": 0}"#,
    r#"{"ttlSecond": 60, "burst": -1}"#,
    r#"{"ttlSecond": 60, "burst": 3, "rules": []}"#,
    r#"{"rules": [{"limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1}]}"#,
    r#"{"rules": [{"key": [], "limit": 0, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1.5, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "60"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "0s"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "30s1m"}]}"#,
    r#"{"rules": [{"key": [], "limit": "1", "period": "1s"}]}"#,
    r#"{"ttlSecond": 60, "burst": 3} // per client"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": 60}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "200000d"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "1s", "slots": 8}]}"#,
    r#"{"rules": [{"key": [{"ip": {}}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": ["client_ip"], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"client_ip": {"prefix": 24}}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"header": "a b"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"attribute": "xds.route"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"name": "a", "key": [], "limit": 1, "period": "1s"}, {"name": "a", "key": [], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"client_ip": {}, "header": "x-a"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"client_ip": {"ipv4_prefix": 33}}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"header": ":status"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"attribute": "response.code"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"attribute": "request.host)%%ATTR(request.path"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"query": ""}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"cookie": ""}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [{"cookie": "a=b"}], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "300000d"}]}"#,
    r#"{"rules": [{"key": [], "limit": 18446744073709551615, "period": "1s"}]}"#,
    r#"{"rules": [{"name": "rule-1", "key": [], "limit": 1, "period": "1s"}, {"key": [], "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "limit": 1, "period": "1s", "shadow": true}], "global": {"cluster": "a", "domain": "b"}}"#,
    beside!(r#""reply": {"headers": {"Retry-After": "5"}}"#),
    beside!(r#""reply": {"headers": {"grpc-status": "3"}}"#),
    beside!(r#""reply": {"headers": {"connection": "close"}}"#),
    beside!(r#""reply": {"headers": {"X-A": "1", "x-a": "2"}}"#),
    beside!(r#""reply": {"headers": [["x-a", "1"]]}"#),
    beside!(r#""global": {"cluster": "a", "domain": "b", "timeout": 20}"#),
    rule!(r#""brust": 0"#),
    rule!(r#""burst": 0"#),
    rule!(r#""name": "per ip""#),
    rule!(r#""name": "a\"b""#),
    rule!(r#""cost": 0"#),
    rule!(r#""cost": 11"#),
    rule!(r#""cost": 1.5"#),
    rule!(r#""cost": {}"#),
    rule!(r#""cost": {"header": "x-tokens"}"#),
    rule!(r#""cost": {"response_header": "x tokens"}"#),
    rule!(r#""cost": {"response_header": "x-tokens", "default": -1}"#),
    rule!(r#""cost": {"response_header": "x-tokens", "max_bytes": 10}"#),
    rule!(r#""cost": {"response_header": "x-tokens"}, "lease": 2"#),
    rule!(r#""count": {}"#),
    rule!(r#""count": {"when": {"status": ["40"]}}"#),
    rule!(r#""count": {"when": {"status": 401}}, "lease": 2"#),
    r#"{"rules": [{"key": [], "limit": 1, "period": "1s", "count": {"when": {"status": 401}}}], "global": {"cluster": "a", "domain": "b"}}"#,
    rule!(r#""missing": "client_ip""#),
    rule!(r#""when": {"status": [404]}"#),
    rule!(r#""slots": 100"#),
    rule!(r#""slots": 1000000"#),
    rule!(r#""lease": 0"#),
    rule!(r#""lease": 11"#),
    rule!(r#""shadow": "yes""#),
    beside!(r#""client_ip": {"ipv4_prefix": 33}"#),
    beside!(r#""client_ip": {"ipv6_prefix": 129}"#),
    beside!(r#""exempt": [{"client_ip": ["10.0.0.0/64"]}]"#),
    beside!(r#""exempt": [{"path": "/healthz"}]"#),
    beside!(r#""reply": {"status": 200}"#),
    beside!(r#""reply": {"headers": {"content-length": "1"}}"#),
    beside!(r#""reply": {"headers": {"x": "a\nb"}}"#),
    beside!(r#""headers": ["x-rate-limit"]"#),
    beside!(r#""headers": "x-rate-limit""#),
    beside!(r#""global": {"cluster": "ratelimit"}"#),
    beside!(r#""global": {"cluster": "", "domain": "edge"}"#),
    beside!(r#""global": {"cluster": "ratelimit", "domain": "edge", "timeout": "20"}"#),
    beside!(r#""global": {"cluster": "ratelimit", "domain": "edge", "on_error": "pass"}"#),
    key!(r#"{"path": {"template": "users/{id}"}}"#),
    key!(r#"{"path": {"template": ["/users/{id}", "/users/{id"]}}"#),
    key!(r#"{"path": {"template": "/users/{id}.json"}}"#),
    key!(r#"{"path": {"template": []}}"#),
    key!(r#"{"path": {"template": "/a/%2e%2E/{id}"}}"#),
    key!(r#"{"path": {"prefix": "api"}}"#),
    key!(r#"{"path": {"prefix": "/a/."}}"#),
    key!(r#"{"path": {"prefix": "/api?a"}}"#),
    key!(r#"{"path": {"prefix": 7}}"#),
    key!(r#"{"path": {"regex": "^/users"}}"#),
    key!(r#"{"attribute": ["xds", "route"]}"#),
    key!(r#"{"attribute": ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn"]}"#),
    key!(r#"{"attribute": ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload", ""]}"#),
    key!(r#"{"attribute": ["request", "headers", "x-a", "b"]}"#),
    key!(r#"{"attribute": ["response", "code"]}"#),
    key!(r#"{"attribute": []}"#),
    key!(r#"{"attribute": ["xds", 7]}"#),
    limits!(r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9}}}"#, ""),
    limits!(r#"{"by": {"header": "x-tier"}, "else": {"limit": 9}}"#, ""),
    limits!(r#"{"of": {"pro": {"limit": 9}}, "else": {"limit": 9}}"#, ""),
    limits!(r#"{"by": {"header": "x-tier"}, "of": {}, "else": {"limit": 9}}"#, ""),
    limits!(r#"{"by": {"header": "x-tier"}, "of": {"pro": {}}, "else": {"limit": 9}}"#, ""),
    limits!(r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 0}}, "else": {"limit": 9}}"#, ""),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9, "cost": 2}}, "else": {"limit": 9}}"#,
        ""
    ),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9}, "pro": {"limit": 8}}, "else": {"limit": 9}}"#,
        ""
    ),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"a.b": {"limit": 9}}, "else": {"limit": 1}}"#,
        r#", "cost": 9"#
    ),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 1}}, "else": {"limit": 9}}"#,
        r#", "cost": 9"#
    ),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9, "burst": 3}}, "else": {"limit": 9}}"#,
        r#", "lease": 4"#
    ),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9, "period": "200000d"}}, "else": {"limit": 9}}"#,
        ""
    ),
    limits!(r#"{"by": {"client_ip": {}}, "of": {"10.0.0.1": {"limit": 9}}, "else": {"limit": 9}}"#, ""),
    limits!(
        r#"{"by": {"header": "x-tier"}, "of": {"pro": {"limit": 9}}, "else": {"limit": 9}}"#,
        r#", "limit": 1"#
    ),
    limits!(r#"{"by": [{"header": "x-tier"}], "of": {"pro": {"limit": 9}}, "else": {"limit": 9}}"#, ""),
    r#"{"rules": [{"key": [], "concurrency": 0}]}"#,
    r#"{"rules": [{"key": [], "concurrency": 10, "period": "1s"}]}"#,
    r#"{"rules": [{"key": [], "concurrency": 10, "lease": 2}]}"#,
    r#"{"rules": [{"key": [], "concurrency": 10, "count": {"when": {"status": 401}}}]}"#,
    r#"{"rules": [{"key": [], "concurrency": 10, "slots": 64}]}"#,
    r#"{"rules": [{"key": [], "concurrency": 10}], "global": {"cluster": "a", "domain": "b"}}"#,
    key!(r#"{"attribute": "metadata.filter_metadata.envoy.filters.http.jwt_authn.payload.sub"}"#),
];

#[test]
fn errors_name_the_place_and_the_fix() {
    let wrong = [WRONG.as_slice(), &body::WRONG].concat();
    proxy_filter_test::expect_refusals(env!("CARGO_MANIFEST_DIR"), &wrong, RateLimit::configure);
}
