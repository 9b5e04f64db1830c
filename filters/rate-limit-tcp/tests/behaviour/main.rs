//! Tests which connections rate-limit-tcp allows, in three proxies.

use proxy_filter_test::{Plugin, filter_test, json_examples};
use rate_limit_tcp::RateLimitTcp;

/// Opens connections one after the other, each with one exchange. Returns which of them reached the upstream.
fn reached(plugin: &Plugin<'_>, connections: usize) -> Vec<bool> {
    let reaches = |_| match plugin.send_tcp(&[b"hello"]).upstream.as_slice() {
        b"hello" => true,
        other => {
            assert_eq!(other, b"", "a connection is allowed as a whole, or not at all");
            false
        }
    };
    (0..connections).map(reaches).collect()
}

filter_test! {
    tcp RateLimitTcp => "rate-limit-tcp";

    fn a_client_may_open_so_many_connections_in_a_period(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"limit": 2, "period": "1h"}]}"#);
        assert_eq!(reached(&plugin, 4), [true, true, false, false]);
    }

    fn tokens_come_back_over_time(proxy) {
        proxy.model_only("an hour");
        let plugin = proxy.load(r#"{"rules": [{"limit": 2, "period": "1h", "burst": 1}]}"#);
        assert_eq!(reached(&plugin, 2), [true, false]);
        proxy.advance(std::time::Duration::from_secs(1799));
        assert_eq!(reached(&plugin, 1), [false]);
        proxy.advance(std::time::Duration::from_secs(1));
        assert_eq!(reached(&plugin, 2), [true, false]);
    }

    fn a_client_may_have_so_many_connections_open(proxy) {
        let plugin = proxy.load(r#"{"rules": [{"concurrency": 2}]}"#);
        let (first, second) = (plugin.hold_tcp(), plugin.hold_tcp());
        assert!(first.is_open() && second.is_open());
        for _ in 0..2 {
            assert!(!plugin.hold_tcp().is_open(), "on each worker");
            assert_eq!(reached(&plugin, 1), [false]);
        }
        drop(first);
        let third = plugin.hold_tcp();
        assert!(third.is_open(), "it has the place of the first");
        assert!(!plugin.hold_tcp().is_open());
        drop((second, third));
        assert_eq!(reached(&plugin, 5), [true; 5], "one at a time");
    }

    fn a_connection_that_one_rule_limits_is_counted_by_none(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"rules": [
                {"name": "rate", "limit": 3, "period": "1h"},
                {"name": "at-once", "concurrency": 1},
                {"name": "all", "key": [], "limit": 2, "period": "1h"}
            ]}"#,
        );
        let first = plugin.hold_tcp();
        assert!(first.is_open());
        // Had they taken tokens, none would be left.
        assert_eq!(reached(&plugin, 3), [false; 3]);
        drop(first);
        assert_eq!(reached(&plugin, 2), [true, false]);
        for (name, count) in [
            ("allowed.filter.plugin.rule.rate", 2),
            ("allowed.filter.plugin.rule.at-once", 2),
            ("limited.filter.plugin.rule.at-once", 3),
            ("limited.filter.plugin.rule.all", 1),
        ] {
            plugin.expect_metric(&format!("rate_limit_tcp.{name}"), count);
        }
    }

    fn exempt_networks_are_not_counted(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(
            r#"{"rules": [{"limit": 1, "period": "1h"}], "exempt": ["10.0.0.0/8", "127.0.0.0/8"]}"#,
        );
        assert_eq!(reached(&plugin, 3), [true; 3]);
        plugin.expect_metric("rate_limit_tcp.exempt.filter.plugin", 3);
        let plugin = proxy.load(r#"{"rules": [{"limit": 1, "period": "1h"}], "exempt": "10.0.0.0/8"}"#);
        assert_eq!(reached(&plugin, 2), [true, false]);
    }

    fn a_rule_in_shadow_mode_only_counts(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{"rules": [{"name": "a", "limit": 1, "period": "1h", "shadow": true}]}"#);
        assert_eq!(reached(&plugin, 3), [true; 3]);
        plugin.expect_metric("rate_limit_tcp.shadow_limited.filter.plugin.rule.a", 2);
    }

    fn a_reload_keeps_the_counts_of_an_unchanged_rule(proxy) {
        let configuration = r#"{"rules": [{"limit": 1, "period": "1h"}, {"concurrency": 5}]}"#;
        let plugin = proxy.load(configuration);
        assert_eq!(reached(&plugin, 2), [true, false]);
        assert_eq!(reached(&proxy.load(configuration), 1), [false]);
        let changed = configuration.replace(r#""1h""#, r#""2h""#);
        assert_eq!(reached(&proxy.load(&changed), 1), [true]);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../../README.md")) {
            proxy.load(example);
        }
    }
}
