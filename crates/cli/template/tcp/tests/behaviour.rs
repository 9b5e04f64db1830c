//! Tests which connections my-filter closes.

use my_filter::MyFilter;
use proxy_filter_test::{deployed_configurations, filter_test, json_examples};

/// The files that people copy.
const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/{DEPLOY}");

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

filter_test! {
    tcp MyFilter => "my-filter";

    fn a_short_first_line_passes(proxy) {
        let plugin = proxy.load(r#"{"longest": 5}"#).upstream_sends(&[b"welcome"]);
        let seen = plugin.send_tcp(&[b"HEL", b"LO\n", b"anything after that"]);
        assert_eq!(shown(&seen.upstream), r"HELLO\nanything after that");
        assert_eq!(shown(&seen.client), "welcome");
    }

    fn a_long_first_line_closes_the_connection(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{"longest": 4}"#).upstream_sends(&[b"welcome"]);
        let seen = plugin.send_tcp(&[b"HELLO\n"]);
        assert_eq!((shown(&seen.upstream), shown(&seen.client)), (String::new(), String::new()));
        plugin.expect_metric("my_filter.closed", 1);
    }

    fn a_wrong_configuration_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"longest": 0}"#);
        assert!(reason.contains("longest: "), "{reason}");
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }

    fn the_configurations_of_deploy_are_accepted(proxy) {
        for configuration in deployed_configurations(DEPLOY, "my-filter") {
            proxy.load(&configuration);
        }
    }
}
