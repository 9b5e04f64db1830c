//! Replies to limited requests, and headers about limits.

use std::time::Duration;

use proxy_filter_test::{Request, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn a_limited_client_is_told_when_to_retry(proxy) {
        let plugin = proxy.load(PER_IP);
        for _ in 0..3 {
            plugin.send(Request::get("/")).expect_status(200).expect_header("retry-after", &[]);
        }
        let limited = plugin.send(Request::get("/"));
        limited.expect_status(429).expect_header("retry-after", &["20"]);
        assert!(!limited.reached_upstream(), "{limited}");
        proxy.advance(Duration::from_millis(19_001));
        plugin.send(Request::get("/")).expect_header("retry-after", &["1"]);
    }

    fn a_limited_reply_shows_that_other_rules_were_not_charged(proxy) {
        let plugin = proxy.load(r#"{"headers": ["ratelimit"], "rules": [
            {"name": "a", "key": [], "limit": 1000, "period": "1h"},
            {"name": "b", "key": [], "limit": 1, "period": "1h"}
        ]}"#);
        plugin.send(Request::get("/")).expect_header("ratelimit", &[r#""a";r=999;t=4, "b";r=0;t=3600"#]);
        for _ in 0..3 {
            let refused = plugin.send(Request::get("/"));
            let said = refused.header("ratelimit").concat();
            assert!(said.starts_with(r#""a";r=999;t="#), "{said}");
        }
    }

    fn clients_see_their_limits(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [
                    {"name": "per-ip", "key": [{"client_ip": {}}], "limit": 6, "period": "1h", "burst": 2},
                    {"name": "all", "key": [], "limit": 10, "period": "500ms", "cost": 3}
                ],
                "headers": ["retry-after", "ratelimit", "x-ratelimit"]}"#,
        );
        let policy = [r#""per-ip";q=6;w=3600, "all";q=6;w=1"#];
        plugin
            .send(Request::get("/"))
            .expect_status(200)
            .expect_header("ratelimit-policy", &policy)
            .expect_header("ratelimit", &[r#""per-ip";r=1;t=600, "all";r=2;t=1"#])
            .expect_header("x-ratelimit-limit", &["6"])
            .expect_header("x-ratelimit-remaining", &["1"])
            .expect_header("x-ratelimit-reset", &["600"])
            .expect_header("retry-after", &[]);
        let refused = statuses(&plugin, 2, &Request::get("/"));
        assert_eq!(refused, [200, 429]);
        plugin
            .send(Request::get("/"))
            .expect_status(429)
            .expect_header("ratelimit-policy", &policy)
            .expect_header("x-ratelimit-remaining", &["0"])
            .expect_header("x-ratelimit-reset", &["1200"])
            .expect_header("retry-after", &["600"]);
    }

    fn the_reply_is_configurable_and_a_status_in_grpc(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [], "limit": 1, "period": "1h"}],
                "reply": {"status": 503, "body": "slow down\n", "headers": {"Content-Type": "text/x", "x-a": "b"}}}"#,
        );
        plugin.send(Request::get("/")).expect_status(200);
        let limited = plugin.send(Request::get("/"));
        limited.expect_status(503).expect_body("slow down\n");
        limited.expect_header("content-type", &["text/x"]).expect_header("x-a", &["b"]);
        let grpc = plugin.send(Request::get("/").header("content-type", "application/grpc"));
        grpc.expect_status(200).expect_header("grpc-status", &["8"]).expect_header("x-a", &["b"]);
    }
}
