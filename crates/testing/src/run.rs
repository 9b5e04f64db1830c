//! Runs a test's body in each of the proxies.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use harness::parts;
use proxy_model::Guest;

use crate::envoy::Chain;
use crate::proxy::Proxy;
use crate::stop::skip_reason;

/// Runs a test with the filter compiled for this machine.
pub fn natively<G: Guest + 'static>(guest: impl Fn() -> G, scenario: fn(&Proxy)) {
    scenario(&Proxy::native(guest));
}

/// Runs a test with the built module in wasmtime.
///
/// # Panics
/// When the module is not there, as well as when the test fails.
pub fn in_wasm(module: &str, scenario: fn(&Proxy)) {
    scenario(&Proxy::wasm(module));
}

/// Runs a test with the built module in a real Envoy; `name` is the test's, for a line that says what
/// was skipped. Without Envoy the test is skipped as a whole, which in CI is a failure.
///
/// # Panics
/// When the test fails.
pub fn in_envoy(name: &str, module: &str, chain: Chain, scenario: fn(&Proxy)) {
    if let Some(missing) = parts::missing_for_envoy() {
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        return report(&format!("not run: {name}: {missing}"));
    }
    let proxy = Proxy::shared_envoy(module, chain);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| scenario(&proxy))) {
        match skip_reason(&*payload) {
            Some(reason) => report(&format!("not run to its end: {name}: {reason}")),
            // Ends the Envoy, which shows its log.
            None => resume_unwind(payload),
        }
    }
    proxy.put_back();
}

/// Writes a line to standard error, from where libtest does not capture it.
pub fn report(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}
