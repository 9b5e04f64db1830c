//! What the page calls.
#![allow(unsafe_code, reason = "exports take pointers, and have names that no other function has")]

use std::cell::RefCell;

use proxy_filter_envoy::deployed::{PlainConfiguration, Position, SyntaxError, json_or_yaml};
use proxy_filter_trial::{Bytes, Report, Trial};
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

/// Returns the address of the answer.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn report() -> *const u8 {
    TEXT.with_borrow(|text| text.as_ptr())
}

/// Runs the trial that the page wrote, as JSON, in a new proxy. Its configuration is a text in YAML or JSON, as a user edits it.
/// Returns the size of the answer: JSON with one of
/// - `report`, with the counters' names in Prometheus, and `configuration`, which is what the filter got
/// - `mistake`, if the configuration is not YAML: `message`, and `position` with line and column if that is known
/// - `error`, if the trial is wrong: a text
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
extern "C" fn run() -> usize {
    let answer = run_trial(&TEXT.take()).unwrap_or_else(|error| json!({"error": error.to_string()}));
    let answer = answer.to_string().into_bytes();
    let size = answer.len();
    TEXT.set(answer);
    size
}

fn run_trial(trial: &[u8]) -> serde_json::Result<Value> {
    let mut trial: Trial = serde_json::from_slice(trial)?;
    trial.configuration = match json_or_yaml(&String::from_utf8_lossy(trial.configuration.as_ref())) {
        Ok(PlainConfiguration { bytes, .. }) => Bytes(bytes),
        Err(SyntaxError { message, position }) => {
            let position = position.map(|Position { line, column }| [line, column]);
            return Ok(json!({"mistake": {"message": message, "position": position}}));
        }
    };
    let proxy = Proxy::new(WORKERS, PageGuest::start);
    let report = proxy_filter_trial::run(&proxy, &trial);
    let counters = report.prometheus_counters();
    Ok(json!({"report": Report { counters, ..report }, "configuration": trial.configuration}))
}
