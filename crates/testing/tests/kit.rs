//! What the kit shows when an expectation fails, and what programs get from it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use add_header::AddHeader;
use proxy_filter_test::{Chain, Exchange, LoadError, Proxy, Request, envoy_test, filter_test};

/// Adds a header whose value depends on the request. Without `x-from`, the filter logs why it adds none.
const COPY: &str = r#"{"response": [{"name": "x-to", "value": "%REQ(x-from)%"}]}"#;

const LOGGED: &str = "Debug: `x-to` is not written: a command in its value has no value";

filter_test! {
    http AddHeader => "add-header";

    fn a_failed_expectation_shows_the_filters_last_log_lines(proxy) {
        let plugin = proxy.load(COPY);
        let send = || plugin.send(Request::get("/"));
        let message = failure(&send(), "x-to", "1");
        assert!(message.ends_with(&format!("the filter's last log lines:\n  {LOGGED}")), "{message}");
        (0..10).for_each(|_| _ = send());
        let message = failure(&send(), "x-to", "1");
        assert_eq!(message.matches(LOGGED).count(), 10, "{message}");
    }
}

fn failure(exchange: &Exchange, header: &str, value: &str) -> String {
    let expect = AssertUnwindSafe(|| _ = exchange.expect_header(header, &[value]));
    catch_unwind(expect).unwrap_err().downcast_ref::<String>().cloned().unwrap()
}

fn module(name: &str) -> PathBuf {
    Path::new(&std::env::var_os(proxy_filter_envoy::target::MODULES).unwrap()).join(format!("{name}.wasm"))
}

#[test]
fn a_program_runs_a_modules_file() {
    runs(&Proxy::wasm_file(&module("rate-limit")).unwrap());
}

envoy_test! {
    fn a_program_runs_a_modules_file_in_envoy() {
        runs(&Proxy::envoy_file(&module("rate-limit"), Chain::Http).unwrap());
    }
}

fn runs(proxy: &Proxy) {
    let Err(error) = proxy.try_load("[") else { panic!("accepted") };
    assert!(matches!(error, LoadError::Refused(_)), "{error}");
    assert_eq!(proxy.logs(), [error.to_string()]);
    let plugin = proxy.load(r#"{"ttlSecond": 60, "burst": 1}"#);
    plugin.send(Request::get("/")).expect_status(200);
    plugin.send(Request::get("/")).expect_status(429);
    let metrics = proxy.metrics().unwrap();
    assert!(metrics.iter().any(|(name, value)| name.contains("limited") && *value == 1), "{metrics:?}");
}

#[test]
fn a_program_learns_why_a_file_is_no_module() {
    for (file, expected) in [(Path::new("none.wasm"), "none.wasm"), (Path::new("Cargo.toml"), "Cargo.toml")] {
        let Err(error) = Proxy::wasm_file(file) else { panic!("accepted {}", file.display()) };
        assert!(error.to_string().contains(expected), "{error}");
    }
}
