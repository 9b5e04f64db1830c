//! The schema, and configurations that are refused.

use proxy_filter::Filter;

use super::*;
use crate::AddHeader;

mod edit;

#[test]
fn the_schema_matches_the_configuration() {
    proxy_filter_test::expect_schema::<Config>(env!("CARGO_MANIFEST_DIR"));
}

const WRONG: [&str; 73] = [
    "{",
    "[]",
    "two\nlines",
    r#"{"respons": []}"#,
    r#"{"response": [{"name": "x y", "value": ""}]}"#,
    r#"{"response": [{"name": "a", "value": ""}, {"name": "b"}]}"#,
    r#"{"request": [{"action": "remove", "name": "a", "value": ""}]}"#,
    r#"{"request": [{"name": ":path", "value": ""}]}"#,
    r#"{"request": [{"name": "Host", "value": ""}]}"#,
    r#"{"response": [{"name": "a", "value": "x\r\ny"}]}"#,
    r#"{"response": [{"name": "a", "value": "50%"}]}"#,
    r#"{"response": [{"name": "a", "value": "", "when": {"header": "b"}}]}"#,
    r#"{"response": [{"name": "a", "values": []}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "values": ["c"]}]}"#,
    r#"{"response": [{"name": "a", "values": ["c", "%X%"]}]}"#,
    r#"{"request": [{"name": "a", "value": "%RESP(server)%"}]}"#,
    r#"{"request": [{"name": "a", "value": "b", "when": {"status": [404]}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "default": "c"}]}"#,
    r#"{"response": [{"name": "a", "value": "%REQ(b)%", "default": "c\n"}]}"#,
    r#"{"response": [{"action": "remove", "name": "a", "prefix": "b"}]}"#,
    r#"{"response": [{"action": "remove"}]}"#,
    r#"{"response": [{"action": "remove", "prefix": ""}]}"#,
    r#"{"response": [{"action": "set", "prefix": "x-", "value": "a"}]}"#,
    r#"{"response": [{"action": "rename", "name": "a"}]}"#,
    r#"{"response": [{"action": "rename", "name": "a", "to": "A"}]}"#,
    r#"{"response": [{"action": "rename", "name": "a", "to": "content-length"}]}"#,
    r#"{"response": [{"name": "a", "to": "b", "value": "c"}]}"#,
    r#"{"response": [{"value": "c"}]}"#,
    r#"{"response_trailers": [{"name": "te", "value": "c"}]}"#,
    r#"{"response": [7]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": []}]}"#,
    "response:\n- name: x-a\n  value: b\n",
    "'{\"response\": []}'",
    r#"{"response": [{"name": "a", "value": "b", "when": {"path": {"regex": "^/a"}}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"host": "*"}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"scheme": "ftp"}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"status": "604"}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"method": 7}}]}"#,
    "{\"response\": [] // none\n}",
    "\n\x0f\n\x04name\x12\x07\x1a\x05value",
    r#"{"echo_config": ""}"#,
    r#"{"response": [{"name": "a", "value": "b"},]}"#,
    r#"{"response": {"name": "a", "value": "b"}}"#,
    r#"{"response": [{"name": 7, "value": "b"}]}"#,
    r#"{"response": [{"name": "a", "value": 7}]}"#,
    r#"{"response": [{"nmae": "a", "value": "b"}]}"#,
    r#"{"response": [{"action": "add", "name": "a", "value": "b"}]}"#,
    r#"{"response": [{"name": "a", "value": "%REQ(b c)%"}]}"#,
    r#"{"response": [{"name": "a", "value": "%REQ(b):x%"}]}"#,
    r#"{"response": [{"name": "a", "value": "%ATTR(source.adress)%"}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"any": [{"method": ["get"]}]}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"host": "a.example:80"}}]}"#,
    r#"{"response": [{"name": "a", "value": "b", "when": {"status": ["6xx"]}}]}"#,
    r#"{"request": [{"name": "Transfer-Encoding", "value": "chunked"}], "echo_config": "a"}"#,
    r#"{"request": [{"action": "remove", "name": "X-Forwarded-Proto"}]}"#,
    r#"{"request": [{"action": "rename", "name": "x-forwarded-proto", "to": "x-proto"}]}"#,
    r#"{"request": [{"action": "remove", "names": ["a", "X-Forwarded-Proto"]}]}"#,
    r#"{"request": [{"action": "remove", "names": []}]}"#,
    r#"{"request": [{"action": "remove", "name": "a", "names": ["b"]}]}"#,
    r#"{"request": [{"action": "remove", "suffix": "a:"}]}"#,
    r#"{"request": [{"action": "remove", "glob": "*"}]}"#,
    r#"{"request": [{"action": "remove", "glob": "?*"}]}"#,
    r#"{"request": [{"action": "remove", "glob": "x-[ab]"}]}"#,
    r#"{"request": [{"action": "remove", "glob": "a-name-of-more-characters-than-the-word-has-bits-for-their-places"}]}"#,
    r#"{"request": [{"action": "set", "name": "a", "value": "b", "glob": "x-*"}]}"#,
    r#"{"request": [{"action": "copy", "name": "a"}]}"#,
    r#"{"request": [{"action": "copy", "name": "a", "to": "a"}]}"#,
    r#"{"request": [{"action": "copy", "name": "a", "to": ":path"}]}"#,
    r#"{"request": [{"action": "set", "name": "a", "value": "b", "if_different": true}]}"#,
    r#"{"request": [{"name": "a", "value": "%RESPONSE_CODE%"}]}"#,
    r#"{"response": [{"name": "a", "value": "%RESPONSE_FLAGS%"}]}"#,
    r#"{"response": [{"name": "a", "value": "%START_TIME(%Y-%q)%"}]}"#,
    r#"{"response": [{"name": "a", "value": "%REQ_WITHOUT_QUERY%"}]}"#,
];

#[test]
fn errors_name_the_place_and_the_fix() {
    let wrong = [WRONG.as_slice(), &edit::WRONG].concat();
    proxy_filter_test::expect_refusals(env!("CARGO_MANIFEST_DIR"), &wrong, AddHeader::configure);
}

#[test]
fn the_echo_ends_at_a_character_boundary() {
    let text = format!("{}é", "a".repeat(ECHO_LIMIT - 1));
    assert_eq!(echo(text.as_bytes()).as_bytes().len(), ECHO_LIMIT - 1);
    assert_eq!(echo("é".as_bytes()).as_bytes(), "é".as_bytes());
    assert_eq!(echo(b"\xff\x80").as_bytes(), b"\xff\x80");
}

#[test]
fn errors_are_short_for_long_configurations() {
    let long = "x y\\n".repeat(2_000_000);
    for rule in [
        format!(r#"{{"name": "{long}", "value": ""}}"#),
        format!(r#"{{"name": "a", "value": "{long}"}}"#),
        format!(r#"{{"name": "a", "value": "%{long}%"}}"#),
        format!(r#"{{"{long}": "a"}}"#),
        format!(r#"{{"action": "{long}"}}"#),
        format!(r#"{{"name": "a", "value": "b", "when": {{"host": "{long}"}}}}"#),
    ] {
        let configuration = format!(r#"{{"response": [{rule}]}}"#);
        let message = AddHeader::configure(configuration.as_bytes()).unwrap_err().to_string();
        assert!(message.len() < 1500 && !message.contains('\n'), "{} bytes", message.len());
        assert!(message.starts_with("response[0]."), "{message}");
    }
}
