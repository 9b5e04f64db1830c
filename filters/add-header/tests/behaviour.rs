//! What add-header does to requests and responses.

use add_header::AddHeader;
use proxy_filter_test::{Request, Response, filter_test, json_examples};

filter_test! {
    http AddHeader => "add-header";

    fn without_configuration_it_says_hello_world(proxy) {
        for configuration in ["", " \n", "{}", " { } "] {
            proxy.load(configuration).send(Request::get("/")).expect_header("hello", &["world!"]);
        }
    }

    fn no_rules_are_no_rules(proxy) {
        proxy.load(r#"{"response": []}"#).send(Request::get("/")).expect_header("hello", &[]);
    }

    fn a_plain_text_becomes_the_value_of_hello(proxy) {
        let hello = |configuration| proxy.load(configuration).send(Request::get("/"));
        hello("what ever you want\n").expect_header("hello", &["what ever you want"]);
        hello("café").expect_header("hello", &["café"]);
    }

    fn actions(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"name": "x-append", "value": "2"},
            {"action": "set", "name": "x-set", "value": "2"},
            {"action": "set_if_absent", "name": "x-there", "value": "2"},
            {"action": "set_if_absent", "name": "x-absent", "value": "2"},
            {"action": "replace", "name": "X-Replace", "value": "2"},
            {"action": "replace", "name": "x-never", "value": "2"},
            {"action": "remove", "name": "x-remove"}
        ]}"#);
        let there = ["x-append", "x-set", "x-set", "x-there", "x-replace", "x-remove", "x-remove"];
        let answer = there.into_iter().fold(Response::new(200), |answer, name| answer.header(name, "1"));
        plugin.upstream(answer).send(Request::get("/"))
            .expect_header("x-append", &["1", "2"])
            .expect_header("x-set", &["2"])
            .expect_header("x-there", &["1"])
            .expect_header("x-absent", &["2"])
            .expect_header("x-replace", &["2"])
            .expect_header("x-never", &[])
            .expect_header("x-remove", &[]);
    }

    fn requests_are_edited_before_the_upstream_sees_them(proxy) {
        let plugin = proxy.load(r#"{"request": [{"action": "set", "name": "x-env", "value": "prod"},
                                                {"action": "remove", "name": "x-internal"}]}"#);
        plugin.send(Request::get("/").header("x-env", "forged").header("x-internal", "1"))
            .expect_upstream_header("x-env", &["prod"])
            .expect_upstream_header("x-internal", &[])
            .expect_header("x-env", &[]);
    }

    fn a_response_rule_can_depend_on_the_request(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"action": "set", "name": "x-test", "value": "%REQ(:authority)%",
             "when": {"header": "authorization", "present": true}}
        ]}"#);
        plugin.send(Request::get("/")).expect_header("x-test", &[]);
        let authorized = Request::get("/").header("authorization", "Basic x");
        plugin.send(authorized).expect_header("x-test", &["a.example"]);
    }

    fn bytes_of_a_client_pass(proxy) {
        let plugin = proxy.load(r#"{"response": [{"name": "x-echo", "value": "<%REQ(x-in)%>"}]}"#);
        let echo = |value: &[u8]| plugin.send(Request::get("/").header("x-in", value));
        let bytes = echo(b"\xff\xfe");
        assert_eq!(bytes.headers().first(b"x-echo"), Some(b"<\xff\xfe>".as_slice()), "{bytes}");
        let long = "a".repeat(50 * 1024);
        echo(long.as_bytes()).expect_header("x-echo", &[&format!("<{long}>")]);
    }

    fn the_configuration_is_echoed_on_one_line(proxy) {
        let plugin = proxy.load("{\n\t\"echo_config\": \"configdata\"\n}\n");
        plugin.send(Request::get("/")).expect_header("configdata", &["{ \t\"echo_config\": \"configdata\" }"]);
    }

    fn a_refused_configuration_is_logged_with_its_place(proxy) {
        let line = proxy.refuses(r#"{"response": [{"name": "x y", "value": ""}]}"#);
        assert!(line.starts_with("Error: configuration refused: response[0].name: `x y`"), "{line}");
    }

    fn two_plugins_of_one_machine_keep_their_configurations_apart(proxy) {
        let (one, two) = (proxy.load("one"), proxy.load("two"));
        one.send(Request::get("/")).expect_header("hello", &["one"]);
        two.send(Request::get("/")).expect_header("hello", &["two"]);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
