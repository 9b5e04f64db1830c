//! Runs a test's body in each of the proxies.

use std::any::Any;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use harness::parts;
use proxy_model::Guest;

use crate::proxy::Proxy;

/// Where in Envoy a filter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Among the HTTP filters.
    Http,
    /// Among the network filters.
    Tcp,
}

/// What ends a test in a proxy that cannot show the rest of it.
pub(crate) struct Skip(pub(crate) &'static str);

/// Runs a test with the filter compiled for this machine.
pub fn natively<G: Guest + 'static>(guest: impl Fn() -> G, story: fn(&Proxy)) {
    story(&Proxy::native(guest));
}

/// Runs a test with the built module in wasmtime.
///
/// # Panics
/// When the module is not there, as well as when the test fails.
pub fn in_wasm(module: &str, story: fn(&Proxy)) {
    story(&Proxy::wasm(module));
}

/// Runs a test with the built module in a real Envoy; `name` is the test's, for a line that says what
/// was skipped. Without Envoy the test is skipped as a whole, which in CI is a failure.
///
/// # Panics
/// When the test fails.
pub fn in_envoy(name: &str, module: &str, chain: Chain, story: fn(&Proxy)) {
    if let Some(missing) = parts::missing_for_envoy() {
        assert!(std::env::var_os("CI").is_none(), "{missing}");
        return say(&format!("not run: {name}: {missing}"));
    }
    let proxy = Proxy::envoy(module, chain);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| story(&proxy))) {
        match skip_reason(&*payload) {
            Some(reason) => say(&format!("not run to its end: {name}: {reason}")),
            None => resume_unwind(payload),
        }
    }
}

/// Ends the test here and now, as far as this proxy is concerned.
pub(crate) fn skip(reason: &'static str) -> ! {
    resume_unwind(Box::new(Skip(reason)))
}

fn skip_reason(payload: &(dyn Any + Send)) -> Option<&'static str> {
    payload.downcast_ref::<Skip>().map(|Skip(reason)| *reason)
}

/// Says something past the test harness, which swallows what tests print.
pub fn say(line: &str) {
    _ = writeln!(std::io::stderr(), "{line}");
}
