//! The schema, and configurations that are refused.

use proxy_filter::Filter;

use super::*;
use crate::TcpPrepend;

#[test]
fn the_schema_matches_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

const WRONG: [&str; 65] = [
    "hello",
    "[]",
    "{",
    r#"{"upstream": {}}"#,
    r#"{"to_upstream": "hello"}"#,
    r#"{"to_upstream": {"payload": "hello"}}"#,
    r#"{"to_upstream": {"payload": {}}}"#,
    r#"{"to_upstream": {"payload": {"txt": "x"}}}"#,
    r#"{"to_upstream": {"payload": {"text": ""}}}"#,
    r#"{"to_upstream": {"payload": {"text": 7}}}"#,
    r#"{"to_upstream": {"payload": {"text": "a", "hex": "00"}}}"#,
    r#"{"to_upstream": {"payload": {"hex": ""}}}"#,
    r#"{"to_upstream": {"payload": {"hex": "0"}}}"#,
    r#"{"to_upstream": {"payload": {"hex": "0x00"}}}"#,
    r#"{"to_upstream": {"payload": {"hex": "0g"}}}"#,
    r#"{"to_upstream": {"payload": {"hex": "00é0"}}}"#,
    r#"{"to_upstream": {"payload": {"hex": "de:ad:be:ef"}}}"#,
    r#"{"to_upstream": {"payload": {"base64": ""}}}"#,
    r#"{"to_upstream": {"payload": {"base64": "aGVsbG9="}}}"#,
    r#"{"to_upstream": {"payload": {"base64": "QQ==QQ=="}}}"#,
    r#"{"to_upstream": {"payload": {"base64": "aGVsbG8=="}}}"#,
    r#"{"to_upstream": {"payload": {"base64": "aGVs bG8"}}}"#,
    r#"{"to_upstream": {"payload": {"base64": "aGVsbG9_"}}}"#,
    r#"{"to_upstream": {"payload": {"template": ""}}}"#,
    r#"{"to_upstream": {"payload": {"template": "%REQ(x-a)%"}}}"#,
    r#"{"to_upstream": {"payload": {"template": "%ATTR(request.path)%"}}}"#,
    r#"{"to_upstream": {"payload": {"template": "%START_TIME%"}}}"#,
    r#"{"to_upstream": {"payload": {"template": "%ATTR(source.adress)%"}}}"#,
    r#"{"to_upstream": {"payload": {"template": "%ATTR(source.address)"}}}"#,
    r#"{"to_upstream": {"payload": {"template": "100%"}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": 2}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 3}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": "2"}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 1, "tlvs": [{"type": "0xE0", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "E0", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": 224, "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0x1E0", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0x+E", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0x03", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0x20", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0xE0", "value": "%PATH%"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0x25", "value": "a"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0xE0"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0xE0", "value": "a", "hex": "00"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tlvs": [{"type": "0xE0", "hex": "0"}]}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "crc32c": 1}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tls": {}}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "tls_verified": true}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "merge": true}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "merge": {}}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "merge": {"from": []}}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2, "merge": {"from": ["10.0.0.0/33"]}}}}}"#,
    r#"{"to_client": {"payload": {"proxy_protocol": {"version": 2, "merge": {"from": ["10.0.0.0/8"]}}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 1, "crc32c": true}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 1, "tls": true}}}}"#,
    r#"{"to_client": {"payload": {"proxy_protocol": {"version": 2, "merge": {"from": "10.0.0.0/8"}}}}}"#,
    r#"{"to_upstream": {"payload": {"proxy_protocol": {"version": 2}}, "every_chunk": true}}"#,
    r#"{"to_client": {"payload": {"text": "a"}, "most_chunks": 3}}"#,
    r#"{"to_client": {"payload": {"text": "a"}, "every_chunk": true, "most_chunks": 0}}"#,
    r#"{"on_missing": "ignore"}"#,
    r#"{"on_empty": true}"#,
    r#"{"on_emtpy": "send"}"#,
    r#"{"to_client": {"payload": {"text": "a"}, "every_chunk": "true"}}"#,
    "{\n  # the client's address\n  \"to_upstream\": {}\n}",
];

#[test]
fn errors_name_the_place_and_the_fix() {
    proxy_filter_test::expect_refusals(env!("CARGO_MANIFEST_DIR"), &WRONG, TcpPrepend::configure);
}

#[test]
fn payloads_that_are_too_long() {
    let long = "x".repeat(4097);
    let tlvs = format!(r#"{{"type": "0xE0", "value": "{}"}}"#, "x".repeat(2048));
    for (payload, expected) in [
        (format!(r#"{{"text": "{long}"}}"#), "text: 4097 bytes: a payload may have 4096 at most"),
        (format!(r#"{{"template": "{long}"}}"#), "template: 4097 bytes: a payload may have 4096 at most"),
        (
            format!(r#"{{"template": "{long}%ATTR(source.address)%"}}"#),
            "template: 4097 bytes: a payload may have 4096 at most",
        ),
        (
            format!(r#"{{"hex": "{}"}}"#, "00".repeat(4097)),
            "hex: 4097 bytes: a payload may have 4096 at most",
        ),
        (
            format!(r#"{{"proxy_protocol": {{"version": 2, "tlvs": [{tlvs}, {tlvs}]}}}}"#),
            "proxy_protocol: 4154 bytes: a payload may have 4096 at most",
        ),
    ] {
        let configuration = format!(r#"{{"to_client": {{"payload": {payload}}}}}"#);
        let error = TcpPrepend::configure(configuration.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), format!("to_client.payload.{expected}"));
    }
}
