//! Configurations of other types than text, and such as Envoy must refuse, with the filter's message.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use e2e::story::expect_header;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::Request;
use harness::recorder;
use serde_json::{Value, json};

use crate::Case;

pub(crate) const TESTS: [Case; 7] = [
    ("configurations_can_be_structs", |lab| {
        in_place(lab, |value| json!({"@type": "type.googleapis.com/google.protobuf.Struct", "value": value}))
    }),
    ("configurations_can_be_typed_structs", |lab| {
        in_place(
            lab,
            |value| json!({"@type": "type.googleapis.com/xds.type.v3.TypedStruct", "type_url": "a.example/Config", "value": value}),
        )
    }),
    ("configuration_of_another_type_is_refused", |lab| {
        let other = json!({"@type": "type.googleapis.com/google.protobuf.Int32Value", "value": 7});
        let message = "it looks like protobuf: use google.protobuf.StringValue, google.protobuf.Struct or";
        refused_by(lab, &Filter::configured("add-header", other), message)
    }),
    ("bad_configuration_of_add_header_is_refused", |lab| {
        let configuration = r#"{"response": [{"name": "x y", "value": ""}]}"#;
        refused(lab, "add-header", configuration, "response[0].name: `x y` is not a header name")
    }),
    ("bad_configuration_of_path_rewrite_is_refused", |lab| {
        let configuration = r#"{"rules": [{"regex": "a(", "replace": ""}]}"#;
        refused(lab, "path-rewrite", configuration, "rules[0].regex: unclosed group, at character 1")
    }),
    ("bad_configuration_of_rate_limit_is_refused", |lab| {
        let configuration = r#"{"rules": [{"key": [], "limit": 0, "period": "1s"}]}"#;
        refused(lab, "rate-limit", configuration, "rules[0].limit: 0 would refuse every request")
    }),
    ("bad_configuration_of_tcp_prepend_is_refused", |lab| {
        let configuration = r#"{"to_upstream": {"payload": {"txt": ""}}}"#;
        refused(lab, "tcp-prepend", configuration, "to_upstream.payload.txt: unknown field `txt`")
    }),
];

fn in_place(lab: &Lab, typed: fn(Value) -> Value) -> Result<()> {
    let filter = |name: &str, value| [Filter::configured(name, typed(value))];
    let echo = json!({"response": [{"name": "hello", "value": "wörld"}], "echo_config": "x-configuration"});
    let rewrite = json!({"rules": [{"prefix": "/old", "replace": "/status"}]});
    let prepend = json!({"to_upstream": {"payload": {"proxy_protocol": {"version": 1}}}});
    let bootstrap = Bootstrap::default()
        .cluster("httpbin", lab.httpbin())
        .cluster("recorder", lab.recorder.address())
        .http("echo", &filter("add-header", echo), "httpbin")
        .http("rewrite", &filter("path-rewrite", rewrite), "httpbin")
        .http("limit", &filter("rate-limit", json!({"ttlSecond": 60, "burst": 3})), "httpbin")
        .tcp("prepend", &filter("tcp-prepend", prepend), "recorder");
    let envoy = Envoy::start(&bootstrap)?;
    let echoed = envoy.send("echo", &Request::get("/get"))?;
    expect_header(&echoed, "hello", &["wörld"])?;
    let shown = r#"{"echo_config":"x-configuration","response":[{"name":"hello","value":"wörld"}]}"#;
    expect_header(&echoed, "x-configuration", &[shown])?;
    let rewritten = envoy.send("rewrite", &Request::get("/old/418"))?;
    ensure!(rewritten.status == 418, "{rewritten}");
    for expected in [200, 200, 200, 429] {
        let response = envoy.send("limit", &Request::get("/get"))?;
        ensure!(response.status == expected, "{response}");
    }
    recorder::send(envoy.address("prepend")?, &[b"x"], Duration::ZERO)?;
    let received = lab.recorder.next()?;
    ensure!(received.starts_with(b"PROXY TCP4 127.0.0.1 "), "{}", received.escape_ascii());
    Ok(())
}

fn refused(lab: &Lab, filter: &str, configuration: &str, message: &str) -> Result<()> {
    refused_by(lab, &Filter::new(filter, configuration), &format!("configuration refused: {message}"))
}

fn refused_by(lab: &Lab, filter: &Filter, message: &str) -> Result<()> {
    let bootstrap = Bootstrap::default().cluster("upstream", lab.recorder.address());
    let filters = std::slice::from_ref(filter);
    let bootstrap = match filter {
        Filter::Wasm { module, .. } if module == "tcp-prepend" => {
            bootstrap.tcp("listener", filters, "upstream")
        }
        _ => bootstrap.http("listener", filters, "upstream"),
    };
    let output = Envoy::validate(&bootstrap)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success(), "Envoy accepted {filter:?}");
    ensure!(said.contains(message), "Envoy refused it otherwise:\n{said}");
    Ok(())
}
