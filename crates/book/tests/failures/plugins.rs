//! Filters in the test's listeners, and what a request gets there.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::http::{Request, Response};
use harness::parts;
use proxy_filter_envoy::Filter;
use serde_json::{Value, json};

/// The policy of most filters here, as in `deploy/`.
pub(crate) const RELOAD: &str = "FAIL_RELOAD";

/// Longer than Envoy takes to fetch a module and to start it.
const SETTLED: Duration = Duration::from_secs(2);

/// Longer than any of this takes.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// The header that the filter adds.
const HEADER: &str = "x-filter";

/// A row of the table: the situation, and what requests get first and in the end.
pub(crate) type Row = (&'static str, String, String);

/// Returns a listener's routes: every request gets 200.
pub(crate) fn routes() -> [Value; 1] {
    [json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}})]
}

/// Adds a listener with one filter.
pub(crate) fn with(bootstrap: Bootstrap, name: &str, filter: Filter) -> Bootstrap {
    bootstrap.routed(name, &[filter], &routes())
}

/// Returns the code of the built module in this machine's file.
pub(crate) fn local() -> Value {
    json!({"local": {"filename": parts::filter("add-header")}})
}

/// Returns the configuration of a filter that adds a header with this value.
pub(crate) fn plugin(value: &str, policy: &str, code: &Value) -> Value {
    let configuration = json!({"response": [{"name": HEADER, "value": value}]}).to_string();
    json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
        "config": {
            "name": value,
            "root_id": value,
            "failure_policy": policy,
            "vm_config": {"vm_id": value, "runtime": "envoy.wasm.runtime.v8", "code": code},
            "configuration": {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": configuration,
            },
        },
    })
}

/// Returns a filter with this configuration.
pub(crate) fn filter(plugin: Value) -> Filter {
    Filter::Native(json!({"name": "envoy.filters.http.wasm", "typed_config": plugin}))
}

/// Returns what a request gets: the status, and whether a filter added its header.
pub(crate) fn seen(envoy: &Envoy, listener: &str) -> Result<String> {
    let response: Response = envoy.send(listener, &Request::get("/"))?;
    let added = response.values(HEADER).concat();
    Ok(match (response.status, added.as_str()) {
        (200, "") => "**200, unfiltered**".into(),
        (200, value) => format!("200, {value} filter"),
        (status, _) => status.to_string(),
    })
}

/// Waits until what requests get changes, and then for changes to come.
pub(crate) fn settled(seen: impl Fn() -> Result<String>, first: &str) -> Result<String> {
    let start = Instant::now();
    while seen()? == first && start.elapsed() < TIMEOUT {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(SETTLED);
    seen()
}
