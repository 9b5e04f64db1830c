//! Wrong configurations, and the schema.

use super::*;

#[test]
fn the_schema_is_that_of_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn wrong_configurations_name_the_place_and_the_cure() {
    for (configuration, expected) in [
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("[]", "expected a JSON object: the configuration does not begin with `{`"),
        (
            "two\nlines",
            "a configuration that is not JSON becomes the header `hello`, but byte 3 is the control character 0x0a: a header value has none but tab",
        ),
        (
            r#"{"respons": []}"#,
            "respons: unknown field `respons`, expected one of `request`, `request_trailers`, `response`, `response_trailers`, `echo_config` at line 1 column 10",
        ),
        (
            r#"{"response": [{"name": "x y", "value": ""}]}"#,
            "response[0].name: `x y` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)",
        ),
        (
            r#"{"response": [{"name": "a", "value": ""}, {"name": "b"}]}"#,
            "response[1].value: missing: give the header's value, \"\" for an empty one",
        ),
        (
            r#"{"request": [{"action": "remove", "name": "a", "value": ""}]}"#,
            "request[0].value: leave it out: `remove` needs no value",
        ),
        (
            r#"{"request": [{"name": ":path", "value": ""}]}"#,
            "request[0].name: `:path` is a pseudo-header, and changing one can break the request: use path-rewrite for the path",
        ),
        (
            r#"{"request": [{"name": "Host", "value": ""}]}"#,
            "request[0].name: `host` decides where the request goes: set it in Envoy's route (host_rewrite_literal)",
        ),
        (
            r#"{"response": [{"name": "a", "value": "x\r\ny"}]}"#,
            "response[0].value: byte 1 is the control character 0x0d: a header value has none but tab",
        ),
        (
            r#"{"response": [{"name": "a", "value": "50%"}]}"#,
            "response[0].value: `%` has no closing `%`; write `%%` for a percent sign",
        ),
        (
            r#"{"response": [{"name": "a", "value": "", "when": {"header": "b"}}]}"#,
            "response[0].when: give exactly one of `present`, `exact`, `prefix`, `suffix`, `contains` beside `header`",
        ),
        (r#"{"response": [{"name": "a", "values": []}]}"#, "response[0].values: give at least one value"),
        (
            r#"{"response": [{"name": "a", "value": "b", "values": ["c"]}]}"#,
            "response[0]: give one of `value` and `values`",
        ),
        (
            r#"{"response": [{"name": "a", "values": ["c", "%X%"]}]}"#,
            "response[0].values[1]: unknown command `%X%`: use %REQ(name)%, %RESP(name)%, %PATH%, %ATTR(name)%, or %% for a percent sign",
        ),
        (
            r#"{"request": [{"name": "a", "value": "%RESP(server)%"}]}"#,
            "request[0].value: `%RESP(...)%` is for responses: a request comes before its response",
        ),
        (
            r#"{"request": [{"name": "a", "value": "b", "when": {"status": [404]}}]}"#,
            "request[0].when.status: a request has no status: this condition is for responses",
        ),
        (
            r#"{"response": [{"name": "a", "value": "b", "default": "c"}]}"#,
            "response[0].default: leave it out: no value has a command that it could stand in for",
        ),
        (
            r#"{"response": [{"name": "a", "value": "%REQ(b)%", "default": "c\n"}]}"#,
            "response[0].default: byte 1 is the control character 0x0a: a header value has none but tab",
        ),
        (
            r#"{"response": [{"action": "remove", "name": "a", "prefix": "b"}]}"#,
            "response[0]: give one of `name` and `prefix`",
        ),
        (r#"{"response": [{"action": "remove"}]}"#, "response[0]: give one of `name` and `prefix`"),
        (
            r#"{"response": [{"action": "remove", "prefix": ""}]}"#,
            "response[0].prefix: `` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)",
        ),
        (
            r#"{"response": [{"action": "set", "prefix": "x-", "value": "a"}]}"#,
            "response[0].prefix: leave it out: only `remove` has a prefix",
        ),
        (
            r#"{"response": [{"action": "rename", "name": "a"}]}"#,
            "response[0].to: missing: give the header's new name",
        ),
        (
            r#"{"response": [{"action": "rename", "name": "a", "to": "A"}]}"#,
            "response[0].to: `a` is the old name already",
        ),
        (
            r#"{"response": [{"action": "rename", "name": "a", "to": "content-length"}]}"#,
            "response[0].to: `content-length` frames the body: a wrong one lets requests be smuggled",
        ),
        (
            r#"{"response": [{"name": "a", "to": "b", "value": "c"}]}"#,
            "response[0].to: leave it out: only `rename` has another name",
        ),
        (r#"{"response": [{"value": "c"}]}"#, "response[0].name: missing: give the header's name"),
        (
            r#"{"response_trailers": [{"name": "te", "value": "c"}]}"#,
            "response_trailers[0].name: `te` belongs to one connection (RFC 9110, section 7.6.1) and Envoy manages it",
        ),
        (
            r#"{"response": [7]}"#,
            "response[0]: invalid type: integer `7`, expected a rule, such as {\"name\": \"x-env\", \"value\": \"prod\"} at line 1 column 15",
        ),
        (
            r#"{"response": [{"name": "a", "value": "b", "when": []}]}"#,
            "response[0].when: invalid length 0, expected a condition, such as {\"header\": \"x-a\", \"present\": true} at line 1 column 52",
        ),
        (
            "\n\x0f\n\x04name\x12\x07\x1a\x05value",
            "a configuration that is not JSON becomes the header `hello`, but byte 0 is the control character 0x0a: a header value has none but tab; it looks like protobuf: give Envoy the configuration as a google.protobuf.StringValue",
        ),
        (
            r#"{"echo_config": ""}"#,
            "echo_config: `` is not a header name: use letters, digits and !#$%&'*+-.^_`|~ (an RFC 9110 token)",
        ),
    ] {
        assert_eq!(
            compile(configuration.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default(),
            expected,
            "{configuration}"
        );
    }
}

#[test]
fn the_echo_ends_where_a_character_does() {
    let text = format!("{}é", "a".repeat(ECHO_LIMIT - 1));
    assert_eq!(echo(text.as_bytes()).as_bytes().len(), ECHO_LIMIT - 1);
    assert_eq!(echo("é".as_bytes()).as_bytes(), "é".as_bytes());
    assert_eq!(echo(b"\xff\x80").as_bytes(), b"\xff\x80");
}
