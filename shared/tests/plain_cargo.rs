//! Modules that plain cargo links: filters that make calls refuse their configuration, and the others work.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use proxy_filter_test::{Chain, Proxy, Request, Response, in_envoy, in_wasm, report};

const TARGET: &str = "wasm32-wasip1";

/// The built examples, from the folder of the modules.
const CALL_SERVICES: &str = "../plain-cargo/wasm32-wasip1/release/examples/call_services";
const ASK_SERVICES: &str = "../plain-cargo/wasm32-wasip1/release/examples/ask_services";
const MASK_DIGITS: &str = "../plain-cargo/wasm32-wasip1/release/examples/mask_digits";

/// Builds the examples, once for all tests. Returns whether the toolchain can.
fn built() -> bool {
    static BUILT: OnceLock<bool> = OnceLock::new();
    *BUILT.get_or_init(|| {
        let library = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
        let library = library.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        if !library.is_ok_and(|folder| Path::new(&folder).is_dir()) {
            report(&format!("not run: modules that plain cargo links: rustup target add {TARGET}"));
            return false;
        }
        let examples =
            ["--example", "call_services", "--example", "ask_services", "--example", "mask_digits"];
        let status = Command::new(env!("CARGO"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args([
                "build",
                "--quiet",
                "--release",
                "--target",
                TARGET,
                "--target-dir",
                "../target/plain-cargo",
            ])
            .args(examples)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "cargo build");
        true
    })
}

/// Runs a scenario with a module in wasmtime and in a real Envoy.
fn with(module: &str, name: &str, scenario: fn(&Proxy)) {
    if built() {
        in_wasm(module, scenario);
        in_envoy(name, module, Chain::Http, scenario);
    }
}

fn is_refused(proxy: &Proxy) {
    let line = "Error: configuration refused: plain cargo linked this module, in which a filter cannot get responses to its \
                calls: build it with cargo proxy-filter build";
    assert_eq!(proxy.refuses(""), line);
}

#[test]
fn a_filter_that_returns_calls_is_refused() {
    with(CALL_SERVICES, "a_filter_that_returns_calls_is_refused", is_refused);
}

#[test]
fn a_filter_that_awaits_calls_is_refused() {
    with(ASK_SERVICES, "a_filter_that_awaits_calls_is_refused", is_refused);
}

#[test]
fn a_filter_that_makes_no_calls_works() {
    with(MASK_DIGITS, "a_filter_that_makes_no_calls_works", |proxy| {
        let plugin = proxy.load("64").upstream(Response::new(200).body(&["card 1234"]));
        plugin.send(Request::get("/")).expect_status(200).expect_body("card ####");
        plugin.expect_log(
            "Warn: plain cargo linked this module, in which every request runs callbacks that the filter does not have: build \
             it with cargo proxy-filter build",
        );
    });
}
