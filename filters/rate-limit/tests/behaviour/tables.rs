//! Tables of shared data: reloads, several plugins, and floods of keys.

use std::net::Ipv4Addr;
use std::time::Duration;

use proxy_filter_test::{Request, filter_test};
use rate_limit::RateLimit;

use super::statuses::{allowed, statuses};

const PER_IP: &str = r#"{"ttlSecond": 60, "burst": 3}"#;

/// Eight sets of eight buckets.
const SMALL_TABLE: &str =
    r#"{"rules": [{"key": [{"client_ip": {}}], "limit": 3, "period": "60s", "slots": 64}]}"#;

/// Lists ten times as many clients as [`SMALL_TABLE`] has buckets.
fn clients() -> impl Iterator<Item = String> {
    (0x0b00_0000..0x0b00_0280_u32).map(|client| Ipv4Addr::from(client).to_string())
}

filter_test! {
    http RateLimit => env!("CARGO_PKG_NAME");

    fn a_reload_keeps_the_counts_of_an_unchanged_rule(proxy) {
        let first = proxy.load(PER_IP);
        assert_eq!(statuses(&first, 3, &Request::get("/")), [200, 200, 200]);
        let keys = proxy.shared_data_keys();
        let same = proxy.load(PER_IP);
        assert_eq!(statuses(&same, 1, &Request::get("/")), [429]);
        let changed = proxy.load(r#"{"ttlSecond": 60, "burst": 2}"#);
        assert_eq!(statuses(&changed, 3, &Request::get("/")), [200, 200, 429]);
        assert_eq!(statuses(&first, 1, &Request::get("/")), [429], "a rollback finds its counts");
        first.unload();
        same.unload();
        changed.unload();
        for burst in 3..40 {
            proxy.load(&format!(r#"{{"ttlSecond": 60, "burst": {burst}}}"#)).unload();
            proxy.advance(Duration::from_secs(5));
        }
        // The tables of the last 16 versions, and of those that were loaded within the last seconds.
        let tables = proxy.shared_data_keys().checked_div(keys).unwrap_or_default();
        assert!(tables < 20, "{keys} became {}", proxy.shared_data_keys());
        let last = proxy.load(r#"{"ttlSecond": 60, "burst": 1}"#);
        assert_eq!(statuses(&last, 2, &Request::get("/")), [200, 429]);
    }

    fn plugins_with_the_same_name_take_no_tables_from_each_other(proxy) {
        proxy.model_only("too many requests");
        let limit = |limit: usize| format!(r#"{{"rules": [{{"key": [], "limit": {limit}, "period": "1h"}}]}}"#);
        let stays = proxy.load(&limit(100));
        assert_eq!(statuses(&stays, 10, &Request::get("/")), [200; 10]);
        let plugins: Vec<_> = (1..=20).map(|count| (count, proxy.load(&limit(count)))).collect();
        for _ in 0..3 {
            for (_, plugin) in &plugins {
                plugin.send(Request::get("/"));
            }
        }
        for (limit, plugin) in &plugins {
            assert_eq!(allowed(plugin, 30, &Request::get("/")), limit.saturating_sub(3), "of {limit}");
        }
        plugins.into_iter().for_each(|(_, plugin)| plugin.unload());
        // Other rules come and go, and this one keeps its table.
        for hours in 2..40 {
            let other = proxy.load(&format!(r#"{{"rules": [{{"key": [], "limit": 1, "period": "{hours}h"}}]}}"#));
            assert_eq!(statuses(&other, 2, &Request::get("/")), [200, 429]);
            other.unload();
            proxy.wait(Duration::from_millis(3));
        }
        assert_eq!(allowed(&stays, 100, &Request::get("/")), 90);
    }

    fn a_different_rule_with_the_same_name_has_its_own_buckets(proxy) {
        let limit = |more: &str| format!(r#"{{"rules": [{{"key": [], "limit": 1, "period": "1h"{more}}}]}}"#);
        for more in ["", r#", "when": {"path": {"prefix": "/"}}"#, r#", "missing": "deny""#, r#", "shadow": false, "burst": 2"#] {
            let plugin = proxy.load(&limit(more));
            plugin.send(Request::get("/")).expect_status(200);
        }
    }

    fn a_flood_of_clients_does_not_free_a_limited_client(proxy) {
        let plugin = proxy.load(SMALL_TABLE);
        assert_eq!(statuses(&plugin, 4, &Request::get("/")), [200, 200, 200, 429]);
        clients().for_each(|client| _ = plugin.send(Request::get("/").from(&client)));
        assert_eq!(statuses(&plugin, 1, &Request::get("/")), [429]);
    }

    fn a_flood_of_clients_does_not_grow_the_table(proxy) {
        let plugin = proxy.load(SMALL_TABLE);
        let keys = proxy.shared_data_keys();
        clients().for_each(|client| _ = plugin.send(Request::get("/").from(&client)));
        assert_eq!(proxy.shared_data_keys(), keys);
    }
}
