//! Tests my-filter's effects on responses.

use my_filter::MyFilter;
use proxy_filter_test::{Request, Response, deployed_configurations, filter_test, json_examples};

/// The files that people copy.
const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/{DEPLOY}");

filter_test! {
    http MyFilter => "my-filter";

    fn responses_get_the_header(proxy) {
        let plugin = proxy.load(r#"{"name": "x-greeting", "value": "hello"}"#);
        plugin.send(Request::get("/")).expect_status(200).expect_header("x-greeting", &["hello"]);
    }

    fn the_header_has_one_value(proxy) {
        let upstream = Response::new(200).header("x-greeting", "one").header("x-greeting", "two");
        let plugin = proxy.load(r#"{"name": "X-Greeting", "value": "hello"}"#).upstream(upstream);
        plugin.send(Request::get("/")).expect_header("x-greeting", &["hello"]);
    }

    fn a_wrong_configuration_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"names": "x-greeting"}"#);
        assert!(reason.contains("names: unknown field `names` (did you mean `name`?), expected `name` or `value`"), "{reason}");
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
