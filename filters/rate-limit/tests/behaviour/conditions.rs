//! Exemptions, and rules for some requests only.

use std::time::Duration;

use proxy_filter_test::{Request, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn networks_and_paths_can_be_exempt(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"rules": [{"name": "all", "key": [], "limit": 1, "period": "1h", "when": {"method": ["GET"]}}],
                "exempt": [{"path": {"prefix": "/healthz"}}, {"client_ip": ["10.0.0.0/8", "2001:db8::/32"]}]}"#,
        );
        let from = |client: &str, path: &str| Request::get(path).from(client);
        assert_eq!(statuses(&plugin, 2, &from("192.0.2.1", "/healthz/live")), [200, 200]);
        assert_eq!(statuses(&plugin, 2, &from("10.1.2.3", "/")), [200, 200]);
        assert_eq!(statuses(&plugin, 2, &from("2001:db8::1", "/")), [200, 200]);
        assert_eq!(statuses(&plugin, 2, &from("192.0.2.1", "/")), [200, 429]);
        plugin.send(Request::post("/", &["x"]).from("192.0.2.1")).expect_status(200);
        plugin.expect_metric("rate_limit.exempt.filter.plugin", 6);
        plugin.expect_metric("rate_limit.allowed.filter.plugin.rule.all", 1);
        plugin.expect_metric("rate_limit.limited.filter.plugin.rule.all", 1);
    }

    fn paths_are_resolved_before_they_count(proxy) {
        let all = r#"{"name": "all", "key": [], "limit": 1, "period": "1h"}"#;
        let exempt = |condition: &str| format!(r#"{{"rules": [{all}], "exempt": {condition}}}"#);
        let not_api = r#"{"not": {"path": {"prefix": "/api"}}}"#;
        for (condition, path, is_exempt) in [
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/live", true),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/api/../healthz", true),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/../api", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/%2e%2E/api", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/..;a/api", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/..%2fapi", false),
            (r#"{"path": {"prefix": "/healthz"}}"#, "/healthz/..%5capi", false),
            (not_api, "/healthz", true),
            (not_api, "/healthz/..%2fapi", false),
            (not_api, "/healthz/../api", false),
        ] {
            let plugin = proxy.load(&exempt(condition));
            let expected = if is_exempt { 200 } else { 429 };
            let request = Request::get(path).from("192.0.2.77");
            proxy.wait(Duration::from_millis(1));
            let found = statuses(&plugin, 3, &request);
            // The first request may find a token: the plugins share the bucket, because their rule is the same.
            assert_eq!(found.get(1..), Some([expected; 2].as_slice()), "{condition} {path}: {found:?}");
        }
        let plugin = proxy.load(
            r#"{"rules": [{"name": "api", "key": [{"client_ip": {}}], "limit": 1, "period": "1h", "when": {"path": {"prefix": "/api"}}}]}"#,
        );
        let from = |client: &str, path: &str| statuses(&plugin, 2, &Request::get(path).from(client));
        assert_eq!(from("192.0.2.1", "/other"), [200, 200]);
        assert_eq!(from("192.0.2.2", "/x/../api"), [200, 429]);
        assert_eq!(from("192.0.2.3", "/x/..%2fapi"), [200, 429], "the rule counts a path that may lead anywhere");
        let plugin =
            proxy.load(r#"{"rules": [{"name": "path", "key": [{"path": {}}], "limit": 1, "period": "1h"}]}"#);
        let status = |path: &str| plugin.send(Request::get(path)).status();
        assert_eq!(["/a", "/x/../a", "/a/./", "/b%2f..%2fa", "/c/..%2f"].map(status), [200, 429, 200, 200, 429]);
    }

    fn a_single_value_is_a_list_of_one(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [], "limit": 1, "period": "1m30s", "when": {"method": "GET"}}], "headers": "retry-after",
                "exempt": {"any": [{"host": ["b.example", "*.c.example"]}, {"client_ip": "10.9.0.0/16"}]}}"#,
        );
        let to = |host: &str| plugin.send(Request::get("/").authority(host)).status();
        assert_eq!(["b.example", "x.C.example:80", "a.y.c.example", "b.example"].map(to), [200; 4]);
        assert_eq!(["c.example", "xc.example"].map(to), [200, 429]);
        plugin.send(Request::get("/")).expect_status(429).expect_header("retry-after", &["90"]);
        plugin.send(Request::get("/").from("10.9.1.1")).expect_status(200);
    }
}
