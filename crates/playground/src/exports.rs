//! What the page calls.
#![allow(unsafe_code, reason = "exports take pointers, and have names that no other function has")]

use std::cell::RefCell;

use proxy_filter_trial::{Report, Trial};
use proxy_model::Proxy;
use serde_json::{Value, json};

use crate::guest::PageGuest;

/// As many as the test kit has.
const WORKERS: usize = 2;

thread_local! {
    /// The text that the page writes and reads.
    static TEXT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Returns memory for this many bytes of text, which the page writes before it calls [`run`].
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn text(size: usize) -> *mut u8 {
    TEXT.with_borrow_mut(|text| {
        *text = vec![0; size];
        text.as_mut_ptr()
    })
}

/// Returns the address of the report.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn report() -> *const u8 {
    TEXT.with_borrow(|text| text.as_ptr())
}

/// Runs the trial that the page wrote, as JSON, in a new proxy. Returns the size of the report: JSON with the counters'
/// names in Prometheus, or `{"error": text}` if the trial is wrong.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn run() -> usize {
    let report = run_trial(&TEXT.take()).unwrap_or_else(|error| json!({"error": error.to_string()}));
    let report = report.to_string().into_bytes();
    let size = report.len();
    TEXT.set(report);
    size
}

fn run_trial(trial: &[u8]) -> serde_json::Result<Value> {
    let trial: Trial = serde_json::from_slice(trial)?;
    let proxy = Proxy::new(WORKERS, PageGuest::start);
    let report = proxy_filter_trial::run(&proxy, &trial);
    let counters = report.prometheus_counters();
    serde_json::to_value(Report { counters, ..report })
}
