//! What rate-limit lets through.

use std::time::Duration;

use proxy_filter_test::{Plugin, Request, filter_test, json_examples};
use rate_limit::RateLimit;

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

/// Sends a request several times and returns what came back.
fn statuses(plugin: &Plugin, times: usize, request: &Request) -> Vec<u16> {
    (0..times).map(|_| plugin.send(request.clone()).status()).collect()
}

filter_test! {
    http RateLimit => "rate-limit";

    fn three_per_minute_and_address(proxy) {
        let plugin = proxy.load(PER_IP);
        let ann = Request::get("/");
        assert_eq!(statuses(&plugin, 5, &ann), [200, 200, 200, 429, 429]);
        assert_eq!(statuses(&plugin, 1, &ann.clone().from("10.0.0.2")), [200]);
        assert_eq!(statuses(&plugin, 1, &ann.clone().from("2001:db8::1")), [200]);

        proxy.advance(Duration::from_secs(20));
        assert_eq!(statuses(&plugin, 2, &ann), [200, 429]);
        proxy.advance(Duration::from_secs(3600));
        assert_eq!(statuses(&plugin, 4, &ann), [200, 200, 200, 429]);
    }

    fn clients_of_one_ipv6_network_are_one(proxy) {
        let plugin = proxy.load(PER_IP);
        assert_eq!(statuses(&plugin, 3, &Request::get("/").from("2001:db8::1")), [200, 200, 200]);
        assert_eq!(statuses(&plugin, 1, &Request::get("/").from("2001:db8::2:1")), [429]);
        assert_eq!(statuses(&plugin, 1, &Request::get("/").from("2001:db8:0:1::1")), [200]);
    }

    fn a_limited_client_learns_when_to_come_back(proxy) {
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

    fn a_rule_by_header_does_not_apply_without_it(proxy) {
        let plugin = proxy.load(
            r#"{"rules": [{"name": "key", "key": [{"header": "X-Api-Key"}], "limit": 1, "period": "1h"}]}"#,
        );
        let with = |key: &str| Request::get("/").header("x-api-key", key);
        assert_eq!(statuses(&plugin, 2, &with("a")), [200, 429]);
        assert_eq!(statuses(&plugin, 2, &with("b")), [200, 429]);
        assert_eq!(statuses(&plugin, 2, &with("")), [200, 429]);
        assert_eq!(statuses(&plugin, 3, &Request::get("/")), [200, 200, 200]);
    }

    fn a_refused_request_is_charged_to_no_rule(proxy) {
        let plugin = proxy.load(r#"{"rules": [
            {"name": "all", "key": [], "limit": 3, "period": "1h"},
            {"name": "key", "key": [{"header": "x-api-key"}], "limit": 1, "period": "1h"}
        ]}"#);
        let with = |key: &str| Request::get("/").header("x-api-key", key);
        assert_eq!(statuses(&plugin, 50, &with("a")).iter().filter(|status| **status == 200).count(), 1);
        assert_eq!(statuses(&plugin, 1, &with("b")), [200]);
        assert_eq!(statuses(&plugin, 2, &Request::get("/")), [200, 429]);
    }

    fn a_reload_keeps_the_counts_of_an_unchanged_rule_and_starts_a_changed_one_anew(proxy) {
        let first = proxy.load(PER_IP);
        assert_eq!(statuses(&first, 3, &Request::get("/")), [200, 200, 200]);
        let keys = proxy.shared_data_keys();
        let same = proxy.load(PER_IP);
        assert_eq!(statuses(&same, 1, &Request::get("/")), [429]);
        let changed = proxy.load(r#"{"ttlSecond": 60, "burst": 2}"#);
        assert_eq!(statuses(&changed, 3, &Request::get("/")), [200, 200, 429]);
        assert_eq!(statuses(&first, 1, &Request::get("/")), [429], "a rollback finds its counts");
        for burst in 3..20 {
            proxy.load(&format!(r#"{{"ttlSecond": 60, "burst": {burst}}}"#));
        }
        assert!(proxy.shared_data_keys() <= keys.saturating_mul(4), "{keys} became {}", proxy.shared_data_keys());
    }

    fn a_flood_of_clients_neither_grows_the_table_nor_frees_a_limited_one(proxy) {
        let plugin = proxy.load(PER_IP);
        let keys = proxy.shared_data_keys();
        assert_eq!(statuses(&plugin, 4, &Request::get("/")), [200, 200, 200, 429]);
        for client in 0x0b00_0000..0x0b00_5000_u32 {
            let [a, b, c, d] = client.to_be_bytes();
            plugin.send(Request::get("/").from(&format!("{a}.{b}.{c}.{d}")));
        }
        assert_eq!(statuses(&plugin, 1, &Request::get("/")), [429]);
        assert_eq!(proxy.shared_data_keys(), keys);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
