//! What rules count by.

use proxy_filter_test::{Request, filter_test};
use rate_limit::RateLimit;

use super::statuses::statuses;

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn a_rule_by_header_does_not_apply_without_the_header(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "key", "key": [{"header": "X-Api-Key"}], "limit": 1, "period": "1h"}]}"#,
        );
        let with = |key: &str| Request::get("/").header("x-api-key", key);
        assert_eq!(statuses(&plugin, 2, &with("a")), [200, 429]);
        assert_eq!(statuses(&plugin, 2, &with("b")), [200, 429]);
        assert_eq!(statuses(&plugin, 2, &with("")), [200, 429]);
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 200]);
    }

    fn each_value_of_a_part_has_a_bucket(proxy) {
        let sid = |cookie: &str| Request::get("/").header("cookie", cookie);
        for (part, one, same, other) in [
            (r#"{"path": {}}"#, Request::get("/a?b"), Request::get("/a?c"), Request::get("/b")),
            (r#"{"method": {}}"#, Request::get("/"), Request::get("/b"), Request::post("/", &["x"])),
            (r#"{"query": "q"}"#, Request::get("/?q=a+b"), Request::get("/?x=1&%71=a%20b"), Request::get("/?q=a")),
            (r#"{"cookie": "sid"}"#, sid("a=1; sid=2"), sid("sid=2; a=3"), sid("sid=1")),
            (
                r#"{"attribute": "request.host"}"#,
                Request::get("/a"),
                Request::get("/b"),
                Request::get("/").authority("b.example"),
            ),
        ] {
            let plugin =
                proxy.load(&format!(r#"{{"rules": [{{"key": [{part}], "limit": 1, "period": "1h"}}]}}"#));
            let found = [one, same, other].map(|request| plugin.send(request).status());
            assert_eq!(found, [200, 429, 200], "{part}");
        }
    }

    fn a_request_without_a_part_of_the_key_is_skipped_or_denied(proxy) {
        for (missing, expected) in [("skip", [200, 429, 200]), ("deny", [200, 429, 429])] {
            let plugin = proxy.load(&format!(
                r#"{{"rules": [{{"key": [{{"query": "{missing}"}}], "limit": 1, "period": "1h", "missing": "{missing}"}}]}}"#
            ));
            let with = Request::get(format!("/?{missing}=1"));
            let found = [with.clone(), with, Request::get("/")].map(|request| plugin.send(request).status());
            assert_eq!(found, expected, "{missing}");
        }
    }

    fn a_denied_request_gets_the_reason_and_no_retry_after(proxy) {
        let plugin = proxy
            .load(r#"{"rules": [{"key": [{"cookie": "c"}], "limit": 1, "period": "1h", "missing": "deny"}]}"#);
        let denied = plugin.send(Request::get("/"));
        denied.expect_status(429).expect_header("retry-after", &[]);
        denied.expect_body("the request lacks a part of the rate limit key\n");
    }

    fn parts_have_prefixes_of_their_own(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"key": [{"client_ip": {"ipv4_prefix": 24}}], "limit": 2, "period": "1h"}]}"#,
        );
        let from = |client: &str| plugin.send(Request::get("/").from(client)).status();
        assert_eq!(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1"].map(from), [200, 200, 429, 200]);
    }
}
