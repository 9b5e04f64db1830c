//! Tests which requests my-filter lets through.

use my_filter::MyFilter;
use proxy_filter_test::{Request, Response, Service, deployed_configurations, filter_test, json_examples};

/// The files that people copy.
const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/{DEPLOY}");

const CONFIGURATION: &str =
    r#"{"cluster": "auth", "authority": "auth.example", "path": "/user", "header": "x-user"}"#;

filter_test! {
    http MyFilter => "my-filter";

    fn the_request_gets_the_services_header(proxy) {
        proxy.service("auth", Service::Http(Response::new(200).header("x-user", "ann")));
        let request = Request::get("/").header("authorization", "secret").header("x-user", "root");
        proxy.load(CONFIGURATION).send(request).expect_status(200).expect_upstream_header("x-user", &["ann"]);
        let authorization = |call: &Request| call.headers.values("authorization").concat();
        let called_with: Vec<_> = proxy.calls_to("auth").iter().map(authorization).collect();
        assert_eq!(called_with, ["secret"]);
    }

    fn a_request_that_the_service_does_not_allow_is_denied(proxy) {
        proxy.reset_metrics();
        proxy.service("auth", Service::Http(Response::new(401)));
        let plugin = proxy.load(CONFIGURATION);
        plugin.send(Request::get("/")).expect_status(403).expect_body("forbidden\n").expect_unreached();
        plugin.expect_metric("my_filter.denied", 1);
    }

    fn a_cluster_that_does_not_exist_is_unavailable(proxy) {
        proxy.load(CONFIGURATION).send(Request::get("/")).expect_status(503).expect_unreached();
    }

    fn a_service_that_is_down_is_unavailable(proxy) {
        proxy.service("auth", Service::Down);
        proxy.load(CONFIGURATION).send(Request::get("/")).expect_status(503).expect_unreached();
    }

    fn a_service_that_does_not_respond_is_unavailable(proxy) {
        proxy.service("auth", Service::Silent);
        proxy.load(CONFIGURATION).send(Request::get("/")).expect_status(503).expect_unreached();
    }

    fn a_response_without_the_header_allows_nothing(proxy) {
        proxy.service("auth", Service::Http(Response::new(200)));
        proxy.load(CONFIGURATION).send(Request::get("/")).expect_status(503).expect_unreached();
    }

    fn a_wrong_configuration_is_refused(proxy) {
        let reason = proxy.refuses(r#"{"clusters": "auth"}"#);
        assert!(reason.contains("clusters: unknown field `clusters` (did you mean `cluster`?)"), "{reason}");
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
