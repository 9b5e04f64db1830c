//! Runs a scenario in each proxy.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use anyhow::Result;
use proxy_model::Guest;

use crate::envoy::{Chain, EnvoyProxy};
use crate::modules;
use crate::package::Package;
use crate::proxy::Proxy;
use crate::specialized::VARIABLE;
use crate::stop::{or_fail, skip_reason};

/// Runs a scenario with the filter compiled natively.
pub fn natively<G: Guest + 'static>(guest: impl Fn() -> G, scenario: fn(&Proxy)) {
    scenario(&Proxy::native(guest));
}

/// Runs a scenario with the built module in wasmtime. If the environment variable `TEST_SPECIALIZED` is set, runs it with
/// modules that are made for the scenario's configurations.
///
/// # Panics
/// The scenario fails, or the module does not exist or is older than its sources.
pub fn in_wasm(module: &str, package: Package, scenario: fn(&Proxy)) {
    or_fail(modules::built(module).and_then(|file| package.expect_fresh(module, &file)));
    match std::env::var_os(VARIABLE) {
        Some(_) => scenario(&Proxy::specialized(module)),
        None => scenario(&Proxy::wasm(module)),
    }
}

/// Runs a scenario with the built module in a real Envoy. `name` is the test's name, which is printed if Envoy cannot run
/// the whole scenario.
///
/// # Panics
/// The scenario fails, Envoy is missing, or the module does not exist or is older than its sources.
pub fn in_envoy(name: &str, module: &str, package: Package, chain: Chain, scenario: fn(&Proxy)) {
    let envoy = Rc::new(or_fail(fresh_in_envoy(module, package, chain)));
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

fn fresh_in_envoy(module: &str, package: Package, chain: Chain) -> Result<EnvoyProxy> {
    let file = modules::built(module)?;
    package.expect_fresh(module, &file)?;
    EnvoyProxy::shared(&file, chain)
}

/// Writes a line to standard error in a way that libtest does not capture.
pub fn report(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}
