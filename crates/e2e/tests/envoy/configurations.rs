//! Configurations of types other than text, and configurations that Envoy must reject with the filter's message.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::built;
use harness::fixture::Fixture;
use harness::http::Request;
use harness::recorder;
use harness::transcript::expect_header;
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 7] = [
    ("configurations_can_be_structs", |fixture| each_filter(fixture, "struct")),
    ("configurations_can_be_typed_structs", |fixture| each_filter(fixture, "typed-struct")),
    ("configuration_of_another_type_is_rejected", |fixture| {
        let other = json!({"@type": "type.googleapis.com/google.protobuf.Int32Value", "value": 7});
        rejected(fixture, &built::configured("add-header", other), "google.protobuf.StringValue")
    }),
    ("bad_configuration_of_add_header_is_rejected", |fixture| {
        let configuration = r#"{"response": [{"name": "x y", "value": ""}]}"#;
        rejected_at(fixture, "add-header", configuration, "response[0].name: ")
    }),
    ("bad_configuration_of_path_rewrite_is_rejected", |fixture| {
        let configuration = r#"{"rules": [{"regex": "a(", "replace": ""}]}"#;
        rejected_at(fixture, "path-rewrite", configuration, "rules[0].regex: ")
    }),
    ("bad_configuration_of_rate_limit_is_rejected", |fixture| {
        let configuration = r#"{"rules": [{"key": [], "limit": 0, "period": "1s"}]}"#;
        rejected_at(fixture, "rate-limit", configuration, "rules[0].limit: ")
    }),
    ("bad_configuration_of_tcp_prepend_is_rejected", |fixture| {
        let configuration = r#"{"to_upstream": {"payload": {"txt": ""}}}"#;
        rejected_at(fixture, "tcp-prepend", configuration, "to_upstream.payload.txt: ")
    }),
];

/// Wraps a configuration in a protobuf message of this kind.
fn message(kind: &str, value: &Value) -> Value {
    match kind {
        "struct" => json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value}),
        _ => {
            let kind = "type.googleapis.com/xds.type.v3.TypedStruct";
            json!({"@type": kind, "type_url": "a.example/Config", "value": value})
        }
    }
}

pub(crate) fn listeners(bootstrap: Bootstrap) -> Bootstrap {
    ["struct", "typed-struct"].into_iter().fold(bootstrap, |bootstrap, kind| {
        let name = |filter: &str| format!("{kind}-{filter}");
        let filter = |name: &str, value: Value| [built::configured(name, message(kind, &value))];
        let echo =
            json!({"response": [{"name": "hello", "value": "wörld"}], "echo_config": "x-configuration"});
        let rewrite = json!({"rules": [{"prefix": "/old", "replace": "/status"}]});
        let prepend = json!({"to_upstream": {"payload": {"proxy_protocol": {"version": 1}}}});
        bootstrap
            .http(&name("echo"), &filter("add-header", echo), "httpbin")
            .http(&name("rewrite"), &filter("path-rewrite", rewrite), "httpbin")
            .http(&name("limit"), &filter("rate-limit", json!({"ttlSecond": 60, "burst": 3})), "httpbin")
            .tcp(&name("prepend"), &filter("tcp-prepend", prepend), "recorder")
    })
}

fn each_filter(fixture: &Fixture, kind: &str) -> Result<()> {
    let send = |listener: &str, target: &str| {
        fixture.envoy.send(&format!("{kind}-{listener}"), &Request::get(target))
    };
    let echoed = send("echo", "/get")?;
    expect_header(&echoed, "hello", &["wörld"])?;
    let shown = r#"{"echo_config":"x-configuration","response":[{"name":"hello","value":"wörld"}]}"#;
    expect_header(&echoed, "x-configuration", &[shown])?;
    let rewritten = send("rewrite", "/old/418")?;
    ensure!(rewritten.status == 418, "expected status 418:\n{rewritten}");
    for expected in [200, 200, 200, 429] {
        let response = send("limit", "/get")?;
        ensure!(response.status == expected, "expected status {expected}:\n{response}");
    }
    let address = fixture.envoy.address(&format!("{kind}-prepend"))?;
    let (_, received) = fixture.recorder.record(|| recorder::send(address, &[b"x"], Duration::ZERO))?;
    ensure!(received.starts_with(b"PROXY TCP4 127.0.0.1 "), "{}", received.escape_ascii());
    Ok(())
}

fn rejected_at(fixture: &Fixture, filter: &str, configuration: &str, place: &str) -> Result<()> {
    rejected(fixture, &built::filter(filter, configuration), &format!("configuration refused: {place}"))
}

fn rejected(fixture: &Fixture, filter: &Filter, message: &str) -> Result<()> {
    let bootstrap = Bootstrap::default().cluster("upstream", fixture.recorder.address());
    let filters = std::slice::from_ref(filter);
    let bootstrap = match filter {
        Filter::Wasm { module, .. } if module == "tcp-prepend" => {
            bootstrap.tcp("listener", filters, "upstream")
        }
        _ => bootstrap.http("listener", filters, "upstream"),
    };
    let output = Envoy::validate(&bootstrap)?;
    let log = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "Envoy accepted {filter:?}");
    ensure!(log.contains(message), "Envoy's log does not contain `{message}`:\n{log}");
    Ok(())
}
