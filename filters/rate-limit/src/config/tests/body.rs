//! Costs in bodies that are refused: all by rate-limit, and these by rate-limit-body.

#[cfg(not(feature = "body"))]
pub(super) const WRONG: [&str; 1] = [rule!(r#""cost": {"response_json": "/usage/total_tokens"}"#)];

#[cfg(feature = "body")]
pub(super) const WRONG: [&str; 7] = [
    rule!(r#""cost": {"response_json": ""}"#),
    rule!(r#""cost": {"response_json": "usage.total_tokens"}"#),
    rule!(r#""cost": {"response_json": "/a~2"}"#),
    rule!(r#""cost": {"response_json": "/a", "response_header": "x-a"}"#),
    rule!(r#""cost": {"response_json": "/a", "max_bytes": 0}"#),
    rule!(r#""cost": {"response_json": "/a", "max_bytes": 1048577}"#),
    rule!(r#""cost": {"response_json": "/a"}, "lease": 2"#),
];
