//! Modules that plain cargo links: filters that make calls refuse their configuration, and the others work.

use proxy_filter_test::{Chain, Proxy, Request, Response, envoy_test};

/// Runs a scenario with an example in wasmtime.
fn in_wasmtime(example: &str, scenario: fn(&Proxy)) {
    scenario(&Proxy::wasm(&format!("tests/plain-cargo/{example}")));
}

/// Runs a scenario with an example in a real Envoy.
fn in_envoy(example: &str, scenario: fn(&Proxy)) {
    scenario(&Proxy::envoy(&format!("tests/plain-cargo/{example}"), Chain::Http));
}

fn is_refused(proxy: &Proxy) {
    let line = "Error: configuration refused: plain cargo built this module, so responses to its calls cannot be delivered: \
                build it with `cargo proxy-filter build`";
    assert_eq!(proxy.refuses(""), line);
}

fn works(proxy: &Proxy) {
    let plugin = proxy.load("64").upstream(Response::new(200).body(&["card 1234"]));
    plugin.send(Request::get("/")).expect_status(200).expect_body("card ####");
    plugin.expect_log(
        "Warn: plain cargo built this module, so Envoy runs every callback on every request: build it with \
         `cargo proxy-filter build`",
    );
}

#[test]
fn filters_that_make_calls_are_refused() {
    in_wasmtime("call_services", is_refused);
    in_wasmtime("ask_services", is_refused);
}

envoy_test! {
    fn filters_that_make_calls_are_refused_in_envoy() {
        in_envoy("call_services", is_refused);
        in_envoy("ask_services", is_refused);
    }
}

#[test]
fn filters_that_make_no_calls_work() {
    in_wasmtime("mask_digits", works);
}

envoy_test! {
    fn filters_that_make_no_calls_work_in_envoy() {
        in_envoy("mask_digits", works);
    }
}
