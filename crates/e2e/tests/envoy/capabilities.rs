//! What Envoy does with a filter that lacks a capability. `deploy/capabilities.md` says so.

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::fixture::Fixture;
use harness::http::Request;
use harness::{built, difference};

use crate::Case;

pub(crate) const TESTS: [Case; 4] = [
    ("a_callback_that_is_not_allowed_is_never_called", callback),
    ("a_hostcall_that_is_not_allowed_fails", hostcall),
    ("a_configuration_that_needs_a_hostcall_is_refused_without_it", configuration),
    ("a_reload_with_other_capabilities_is_noticed_since_1_40", reload),
];

const LIMIT: &str = r#"{"ttlSecond": 60, "burst": 1}"#;

const HEADER: &str = r#"{"response": [{"name": "hello", "value": "world"}]}"#;

/// What Envoy logs.
const LOGGED: &str = "Attempted call to restricted proxy-wasm capability: ";

fn callback(fixture: &Fixture) -> Result<()> {
    let envoy =
        Envoy::start(&listener(fixture, built::denied("rate-limit", LIMIT, &["proxy_on_request_headers"])?))?;
    for _ in 0..3 {
        ensure!(status(&envoy)? == 200, "a request was limited");
    }
    let log = envoy.log();
    ensure!(!log.contains(LOGGED) && !log.contains("rate-limit:"), "Envoy says something:\n{log}");
    let allowed = Envoy::start(&listener(fixture, built::denied("rate-limit", LIMIT, &[])?))?;
    ensure!([status(&allowed)?, status(&allowed)?] == [200, 429], "the second request was not limited");
    Ok(())
}

fn hostcall(fixture: &Fixture) -> Result<()> {
    let envoy = Envoy::start(&listener(fixture, without_header()?))?;
    ensure!(greeting(&envoy)?.is_empty(), "the header was added");
    envoy.wait_for_log(&format!("{LOGGED}proxy_add_header_map_value"))?;
    envoy.wait_for_log("add-header: response headers: internal failure of the host")
}

fn configuration(fixture: &Fixture) -> Result<()> {
    let filter = built::denied("add-header", HEADER, &["proxy_get_buffer_bytes"])?;
    let error = Envoy::start(&listener(fixture, filter)).err().context("Envoy starts")?.to_string();
    for expected in [&format!("{LOGGED}proxy_get_buffer_bytes"), "configuration refused"] {
        ensure!(error.contains(expected), "not `{expected}`: {error}");
    }
    Ok(())
}

/// Before 1.40, a VM with the same id, code and configuration serves the new listener, with what the old one allows.
fn reload(fixture: &Fixture) -> Result<()> {
    let envoy = Envoy::start_watching(&listener(fixture, built::filter("add-header", HEADER)))?;
    ensure!(greeting(&envoy)? == "world", "the header was not added");
    envoy.reload(&listener(fixture, without_header()?))?;
    let is_noticed = envoy.version()? >= [1, 40];
    ensure!(greeting(&envoy)?.is_empty() == is_noticed, "noticed: {}", !is_noticed);
    if !is_noticed {
        difference::report("a reload that changes only the allowed capabilities of a plugin has no effect");
    }
    Ok(())
}

fn without_header() -> Result<Filter> {
    built::denied("add-header", HEADER, &["proxy_add_header_map_value"])
}

fn listener(fixture: &Fixture, filter: Filter) -> Bootstrap {
    Bootstrap::default().cluster("httpbin", fixture.httpbin()).http("http", &[filter], "httpbin")
}

fn status(envoy: &Envoy) -> Result<u16> {
    Ok(envoy.send("http", &Request::get("/get"))?.status)
}

fn greeting(envoy: &Envoy) -> Result<String> {
    Ok(envoy.send("http", &Request::get("/get"))?.values("hello").concat())
}
