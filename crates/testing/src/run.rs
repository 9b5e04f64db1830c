//! Runs a scenario in each proxy.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use proxy_filter_envoy::locate;
use proxy_model::Guest;

use crate::envoy::{Chain, EnvoyProxy};
use crate::proxy::Proxy;
use crate::specialized::VARIABLE;
use crate::stop::{or_fail, skip_reason};

/// Runs a scenario with the filter compiled natively.
pub fn natively<G: Guest + 'static>(guest: impl Fn() -> G, scenario: fn(&Proxy)) {
    scenario(&Proxy::native(guest));
}

/// Runs a scenario with the built module in wasmtime. `just test-specialized` runs it with modules that are made for the
/// scenario's configurations.
///
/// # Panics
/// The scenario fails, or the module does not exist.
pub fn in_wasm(module: &str, scenario: fn(&Proxy)) {
    match std::env::var_os(VARIABLE) {
        Some(_) => scenario(&Proxy::specialized(module)),
        None => scenario(&Proxy::wasm(module)),
    }
}

/// Runs a scenario with the built module in a real Envoy. `name` is the test's name, which is printed if Envoy is
/// missing or cannot run the whole scenario.
///
/// # Panics
/// The scenario fails, or Envoy is missing in CI.
pub fn in_envoy(name: &str, module: &str, chain: Chain, scenario: fn(&Proxy)) {
    if envoy_is_missing(name) {
        return;
    }
    let envoy = Rc::new(or_fail(EnvoyProxy::shared(module, chain)));
    let proxy = Proxy::with_envoy(Rc::clone(&envoy));
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| scenario(&proxy))) {
        match skip_reason(&*payload) {
            Some(reason) => report(&format!("not run to its end: {name}: {reason}")),
            // Does not put the Envoy back. It ends and shows its log.
            None => resume_unwind(payload),
        }
    }
    // Fails the test if the filter trapped, also in a test that was not run to its end.
    drop(proxy);
    if let Some(envoy) = Rc::into_inner(envoy) {
        envoy.put_back();
    }
}

/// Returns whether Envoy or the built modules are missing, and then reports that a test is not run.
///
/// # Panics
/// They are missing in CI.
pub fn envoy_is_missing(name: &str) -> bool {
    let missing = locate::missing();
    if let Some(missing) = &missing {
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        report(&format!("not run: {name}: {missing}"));
    }
    missing.is_some()
}

/// Writes a line to standard error in a way that libtest does not capture.
pub fn report(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}
