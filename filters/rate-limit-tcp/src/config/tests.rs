//! The schema, and configurations that are refused.

use proxy_filter::Filter;

use super::*;
use crate::RateLimitTcp;

#[test]
fn the_schema_matches_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

const WRONG: [&str; 33] = [
    "",
    "{}",
    "10 per second",
    "[]",
    r#"{"rules": []}"#,
    r#"{"rules": {}}"#,
    r#"{"rules": [7]}"#,
    r#"{"ttlSecond": 60, "burst": 3}"#,
    r#"{"rules": [{}]}"#,
    r#"{"rules": [{"limit": 10}]}"#,
    r#"{"rules": [{"period": "1s"}]}"#,
    r#"{"rules": [{"limit": 0, "period": "1s"}]}"#,
    r#"{"rules": [{"limit": -1, "period": "1s"}]}"#,
    r#"{"rules": [{"limit": 1, "period": "1s", "burst": 0}]}"#,
    r#"{"rules": [{"limit": 1, "period": "1"}]}"#,
    r#"{"rules": [{"limit": 1000000001, "period": "1s", "burst": 18446744073709551615}]}"#,
    r#"{"rules": [{"concurrency": 0}]}"#,
    r#"{"rules": [{"concurrency": "10"}]}"#,
    r#"{"rules": [{"concurrency": 10, "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"concurrency": 10, "period": "1s"}]}"#,
    r#"{"rules": [{"concurrency": 10, "burst": 1}]}"#,
    r#"{"rules": [{"concurrency": 10, "lease": 2}]}"#,
    r#"{"rules": [{"concurrency": 10, "key": {"client_ip": {}}}]}"#,
    r#"{"rules": [{"concurrency": 10, "key": [{}]}]}"#,
    r#"{"rules": [{"concurrency": 10, "key": [{"header": "x-user"}]}]}"#,
    r#"{"rules": [{"concurrency": 10, "key": [{"client_ip": {"ipv6_prefix": 129}}]}]}"#,
    r#"{"rules": [{"concurrency": 10, "key": [], "slots": 64}]}"#,
    r#"{"rules": [{"concurrency": 10, "slots": 12}]}"#,
    r#"{"rules": [{"name": "a b", "concurrency": 10}]}"#,
    r#"{"rules": [{"name": "a", "concurrency": 10}, {"name": "a", "limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"name": "rule-1", "concurrency": 10}, {"limit": 1, "period": "1s"}]}"#,
    r#"{"rules": [{"concurrency": 10}], "client_ip": {"ipv4_prefix": 33}}"#,
    r#"{"rules": [{"concurrency": 10}], "exempt": ["10.0.0.0/33"]}"#,
];

#[test]
fn errors_name_the_place_and_the_fix() {
    proxy_filter_test::expect_refusals(env!("CARGO_MANIFEST_DIR"), &WRONG, RateLimitTcp::configure);
}
