//! What add-header does to requests and responses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use add_header::AddHeader;
use proxy_model::{Exchange, HttpPlugin, Proxy, Request, json_examples};

fn plugin(configuration: &str) -> HttpPlugin<AddHeader> {
    Proxy::new().http(configuration).unwrap()
}

fn get(configuration: &str) -> Exchange {
    plugin(configuration).send(Request::get("/"))
}

#[test]
fn without_configuration_it_says_hello_world() {
    for configuration in ["", " \n", "{}", " { } "] {
        assert_eq!(get(configuration).response.values("hello"), ["world!"], "{configuration:?}");
    }
}

#[test]
fn no_rules_are_no_rules() {
    assert!(get(r#"{"response": []}"#).response.values("hello").is_empty());
}

#[test]
fn a_plain_text_becomes_the_value_of_hello() {
    assert_eq!(get("what ever you want\n").response.values("hello"), ["what ever you want"]);
    assert_eq!(get("café").response.values("hello"), ["café"]);
}

#[test]
fn actions() {
    let configuration = r#"{"response": [
        {"name": "x-append", "value": "2"},
        {"action": "set", "name": "x-set", "value": "2"},
        {"action": "set_if_absent", "name": "x-there", "value": "2"},
        {"action": "set_if_absent", "name": "x-absent", "value": "2"},
        {"action": "replace", "name": "X-Replace", "value": "2"},
        {"action": "replace", "name": "x-never", "value": "2"},
        {"action": "remove", "name": "x-remove"}
    ]}"#;
    let before =
        ["x-append", "x-set", "x-set", "x-there", "x-replace", "x-remove", "x-remove"].map(|n| (n, "1"));
    let response = plugin(configuration).upstream(&before).send(Request::get("/")).response;
    for (name, expected) in [
        ("x-append", ["1", "2"].as_slice()),
        ("x-set", &["2"]),
        ("x-there", &["1"]),
        ("x-absent", &["2"]),
        ("x-replace", &["2"]),
        ("x-never", &[]),
        ("x-remove", &[]),
    ] {
        assert_eq!(response.values(name), expected, "{name}");
    }
}

#[test]
fn requests_are_edited_before_the_upstream_sees_them() {
    let configuration = r#"{"request": [{"action": "set", "name": "x-env", "value": "prod"},
                                        {"action": "remove", "name": "x-internal"}]}"#;
    let request = Request::get("/").header("x-env", "forged").header("x-internal", "1");
    let exchange = plugin(configuration).send(request);
    let upstream = exchange.upstream.unwrap();
    assert_eq!(upstream.values("x-env"), ["prod"]);
    assert!(upstream.values("x-internal").is_empty());
    assert!(exchange.response.values("x-env").is_empty());
}

#[test]
fn a_response_rule_can_depend_on_the_request() {
    let configuration = r#"{"response": [{"action": "set", "name": "x-test", "value": "%REQ(:authority)%",
                                          "when": {"header": "authorization", "present": true}}]}"#;
    let plugin = plugin(configuration);
    assert!(plugin.send(Request::get("/")).response.values("x-test").is_empty());
    let with = plugin.send(Request::get("/").header("authorization", "Basic x"));
    assert_eq!(with.response.values("x-test"), ["a.example"]);
}

#[test]
fn bytes_of_a_client_pass_but_never_split_a_header() {
    let configuration = r#"{"response": [{"name": "x-echo", "value": "<%REQ(x-in)%>"}]}"#;
    let plugin = plugin(configuration);
    let response = |value: &[u8]| plugin.send(Request::get("/").header("x-in", value)).response;
    assert_eq!(response(b"\xff\xfe").first(b"x-echo"), Some(b"<\xff\xfe>".as_slice()));
    assert_eq!(response(b"a\r\nset-cookie: b").first(b"x-echo"), None);
    assert_eq!(response(&vec![b'a'; 60 * 1024]).first(b"x-echo").map(<[u8]>::len), Some(60 * 1024 + 2));
}

#[test]
fn the_configuration_is_echoed_on_one_line() {
    let configuration = "{\n\t\"echo_config\": \"configdata\"\n}\n";
    let echoed = get(configuration).response.values("configdata");
    assert_eq!(echoed, ["{ \t\"echo_config\": \"configdata\" }"]);
}

#[test]
fn two_plugins_of_one_proxy_keep_their_configurations_apart() {
    let proxy = Proxy::new();
    let one = proxy.http::<AddHeader>("one").unwrap();
    let two = proxy.http::<AddHeader>("two").unwrap();
    assert_eq!(one.send(Request::get("/")).response.values("hello"), ["one"]);
    assert_eq!(two.send(Request::get("/")).response.values("hello"), ["two"]);
}

#[test]
fn a_refused_configuration_is_logged_with_its_place() {
    let refused = Proxy::new().http::<AddHeader>(r#"{"response": [{"name": "x y", "value": ""}]}"#);
    let line = refused.err().unwrap();
    assert!(line.starts_with("Error: configuration refused: response[0].name: `x y`"), "{line}");
}

#[test]
fn the_readmes_configurations_are_accepted() {
    let examples = json_examples(include_str!("../README.md"));
    assert!(!examples.is_empty());
    for example in examples {
        Proxy::new().http::<AddHeader>(example).unwrap();
    }
}
