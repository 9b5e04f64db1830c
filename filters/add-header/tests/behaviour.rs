//! The effects of add-header on requests and responses. The tests of add-header-edit contain these.

use add_header::AddHeader;
use proxy_filter_test::{Request, Response, filter_test, json_examples};

filter_test! {
    http AddHeader => env!("CARGO_PKG_NAME");

    fn without_configuration_it_says_hello_world(proxy) {
        for configuration in ["", " \n", "{}", " { } "] {
            proxy.load(configuration).send(Request::get("/")).expect_header("hello", &["world!"]);
        }
    }

    fn an_empty_list_of_rules_does_nothing(proxy) {
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

    fn several_values_are_several_headers(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"name": "set-cookie", "values": ["a=1", "b=2"]},
            {"action": "set", "name": "x-set", "values": ["%REQ(x-none)%", "1", "2"]},
            {"action": "replace", "name": "x-never", "values": ["1", "2"]},
            {"action": "set_if_absent", "name": "x-absent", "values": ["1", "2"]}
        ]}"#);
        let upstream = Response::new(200).header("set-cookie", "c=3").header("x-set", "0");
        plugin.upstream(upstream).send(Request::get("/"))
            .expect_header("set-cookie", &["c=3", "a=1", "b=2"])
            .expect_header("x-set", &["1", "2"])
            .expect_header("x-never", &[])
            .expect_header("x-absent", &["1", "2"]);
    }

    fn headers_are_renamed_with_all_their_values(proxy) {
        let plugin = proxy.load(r#"{
            "request": [{"action": "rename", "name": "X-Old", "to": "X-New"},
                        {"action": "rename", "name": "x-none", "to": "x-never"}],
            "response": [{"action": "rename", "name": "set-cookie", "to": "x-cookie"}]
        }"#);
        let upstream = Response::new(200).header("set-cookie", "a=1").header("set-cookie", "b=2");
        let request = Request::get("/").header("x-old", "1").header("x-new", "0").header("x-old", "2");
        plugin.upstream(upstream).send(request)
            .expect_upstream_header("x-old", &[])
            .expect_upstream_header("x-new", &["0", "1", "2"])
            .expect_upstream_header("x-never", &[])
            .expect_header("set-cookie", &[])
            .expect_header("x-cookie", &["a=1", "b=2"]);
    }

    fn a_prefix_skips_protected_headers(proxy) {
        let plugin = proxy.load(r#"{"request": [{"action": "remove", "prefix": "X-Internal-"},
                                                {"action": "remove", "prefix": "c"}]}"#);
        let request = Request::post("/", &["body"])
            .header("x-internal-a", "1")
            .header("x-internal-b", "2")
            .header("x-internal-a", "3")
            .header("x-internal", "4")
            .header("cookie", "a=1");
        plugin.send(request)
            .expect_upstream_header("x-internal-a", &[])
            .expect_upstream_header("x-internal-b", &[])
            .expect_upstream_header("x-internal", &["4"])
            .expect_upstream_header("cookie", &[])
            .expect_upstream_body("body");
    }

    fn no_pattern_removes_a_protected_header(proxy) {
        for pattern in [
            r#""prefix": "te""#,
            r#""suffix": "e""#,
            r#""glob": "t?""#,
            // Envoy finds no route without the last of these.
            r#""prefix": "x-forwarded-pro""#,
            r#""suffix": "-proto""#,
            r#""glob": "x-*-proto""#,
        ] {
            let plugin = proxy.load(&format!(r#"{{"request": [{{"action": "remove", {pattern}}}]}}"#));
            plugin.send(Request::get("/").header("te", "trailers"))
                .expect_status(200)
                .expect_upstream_header("te", &["trailers"]);
        }
    }

    fn headers_are_removed_by_suffix_glob_and_list(proxy) {
        let plugin = proxy.load(r#"{
            "request": [{"action": "remove", "suffix": "-Internal"},
                        {"action": "remove", "glob": "X-*-debug-?"},
                        {"action": "remove", "names": ["x-a", "X-B", "x-none"]},
                        {"action": "remove", "glob": "content-*"}],
            "response": [{"action": "remove", "glob": "x-*"}]
        }"#);
        let names = [
            "x-user-internal", "x-internal-user", "x-a-b-debug-1", "x-a-debug-12", "x-debug-1", "x-a", "x-b", "x-c",
            "content-language",
        ];
        let kept = ["x-internal-user", "x-a-debug-12", "x-debug-1", "x-c"];
        let request = Request::post("/", &["body"]);
        let request = names.into_iter().fold(request, |request, name| request.header(name, "1").header(name, "2"));
        let upstream = Response::new(200).header("x-powered-by", "me").header("y-a", "1");
        let exchange = plugin.upstream(upstream).send(request);
        for name in names {
            let values: &[&str] = if kept.contains(&name) { &["1", "2"] } else { &[] };
            exchange.expect_upstream_header(name, values);
        }
        // A pattern never removes the header that delimits the body.
        exchange.expect_upstream_body("body").expect_header("x-powered-by", &[]).expect_header("y-a", &["1"]);
    }

    fn a_copy_leaves_the_header(proxy) {
        let plugin = proxy.load(r#"{
            "request": [{"action": "copy", "name": "X-A", "to": "x-b"}, {"action": "copy", "name": "x-none", "to": "x-c"}],
            "response": [{"action": "copy", "name": "set-cookie", "to": "x-cookie"}]
        }"#);
        let upstream = Response::new(200).header("set-cookie", "a=1").header("set-cookie", "b=2");
        let request = Request::get("/").header("x-a", "1").header("x-b", "0").header("x-a", "2");
        plugin.upstream(upstream).send(request)
            .expect_upstream_header("x-a", &["1", "2"])
            .expect_upstream_header("x-b", &["0", "1", "2"])
            .expect_upstream_header("x-c", &[])
            .expect_header("set-cookie", &["a=1", "b=2"])
            .expect_header("x-cookie", &["a=1", "b=2"]);
    }

    fn a_value_that_is_there_is_not_appended_again(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"name": "link", "value": "</a>", "if_different": true},
            {"name": "x-a", "values": ["2", "%REQ(x-in)%", "3", "3"], "if_different": true},
            {"name": "x-b", "value": "1", "if_different": false}
        ]}"#);
        let upstream = Response::new(200).header("link", "</a>").header("link", "</b>")
            .header("x-a", "1").header("x-a", "2").header("x-b", "1");
        let plugin = plugin.upstream(upstream);
        plugin.send(Request::get("/").header("x-in", "1"))
            .expect_header("link", &["</a>", "</b>"])
            .expect_header("x-a", &["1", "2", "3"])
            .expect_header("x-b", &["1", "1"]);
        plugin.send(Request::get("/").header("x-in", "4")).expect_header("x-a", &["1", "2", "4", "3"]);
    }

    fn templates_see_the_request_and_the_response(proxy) {
        let plugin = proxy.load(r#"{
            "request": [{"action": "set", "name": "x-path", "value": "%PATH(NQ)%"}],
            "response": [
                {"name": "x-was", "value": "%REQ(:method)% %REQ(x-path?:path)% %RESP(:status)%"},
                {"name": "x-client", "value": "%ATTR(connection.mtls)%"},
                {"name": "x-short", "value": "%RESP(x-long):3%"},
                {"name": "x-query", "value": "%ATTR(request.query)%"},
                {"name": "x-user", "value": "user %REQ(x-user)%", "default": "nobody"},
                {"name": "x-left-out", "value": "user %REQ(x-user)%"}
            ]
        }"#);
        plugin.upstream(Response::new(203).header("x-long", "abcdef")).send(Request::get("/a?b=c"))
            .expect_upstream_header("x-path", &["/a"])
            .expect_header("x-was", &["GET /a?b=c 203"])
            .expect_header("x-client", &["false"])
            .expect_header("x-short", &["abc"])
            .expect_header("x-query", &["b=c"])
            .expect_header("x-user", &["user nobody"])
            .expect_header("x-left-out", &[]);
    }

    fn envoys_commands_have_envoys_values(proxy) {
        let plugin = proxy.load(r#"{
            "request": [
                {"name": "x-ip", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %PROTOCOL%"},
                {"name": "x-path", "value": "%REQ_WITHOUT_QUERY(x-none?:path)%"},
                {"name": "x-time", "value": "%START_TIME(%s)%"},
                {"name": "x-seconds", "value": "%ATTR(request.time)%"}
            ],
            "response": [
                {"name": "x-code", "value": "%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%"},
                {"name": "x-none", "value": "%ROUTE_NAME%"},
                {"name": "x-none", "value": "%REQUESTED_SERVER_NAME%"},
                {"name": "x-dates", "value": "%START_TIME%|%START_TIME(%F%%T%T.%3fZ)%|%ATTR(source.address)%"},
                {"name": "x-ip", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
                 "when": {"client_ip": "10.0.0.0/8"}}
            ]
        }"#);
        let exchange = plugin.upstream(Response::new(203)).send(Request::get("/a?b=c"));
        exchange
            .expect_upstream_header("x-ip", &["10.0.0.1 HTTP/1.1"])
            .expect_upstream_header("x-path", &["/a"])
            .expect_header("x-code", &["203 via_upstream"])
            .expect_header("x-none", &[])
            // A condition that keeps the whole address leaves the form of the template alone.
            .expect_header("x-ip", &["10.0.0.1"]);
        // The model's requests arrive in 2001, Envoy's now.
        assert_eq!(exchange.upstream_header("x-time"), exchange.upstream_header("x-seconds"), "{exchange}");
        let time = exchange.upstream_header("x-time").concat().parse();
        assert!(time.is_ok_and(|time: u64| time >= 1_000_000_000), "{exchange}");
        let dates = exchange.headers().first(b"x-dates").unwrap_or_default();
        let dates = String::from_utf8_lossy(dates);
        let is_expected = match dates.split('|').collect::<Vec<_>>().as_slice() {
            [whole, of_parts, client] => whole.replace('T', "%T") == *of_parts && client.starts_with("10.0.0.1:"),
            _ => false,
        };
        assert!(is_expected, "{exchange}");
    }

    fn values_have_no_white_space_around_them(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"name": "x-cut", "value": "%REQ(a):12%"},
            {"name": "x-both", "value": "%REQ(a)% %REQ(b)%", "default": ""},
            {"name": "x-default", "value": "%REQ(b)%", "default": " \t"},
            {"name": "x-fixed", "value": " x "},
            {"name": "x-blank", "value": " "}
        ]}"#);
        plugin.send(Request::get("/").header("a", "Mozilla/5.0 (X11)"))
            .expect_header("x-cut", &["Mozilla/5.0"])
            .expect_header("x-both", &["Mozilla/5.0 (X11)"])
            .expect_header("x-default", &[""])
            .expect_header("x-fixed", &["x"])
            .expect_header("x-blank", &[""]);
    }

    fn conditions_see_the_request_and_the_status(proxy) {
        let plugin = proxy.load(r#"{"response": [
            {"action": "set", "name": "x-error", "value": "%REQ(:path)%",
             "when": {"all": [{"status": ["5xx", 404]}, {"not": {"path": {"prefix": "/healthz"}}}]}}
        ]}"#);
        let plugin = plugin.upstream(Response::new(404));
        plugin.send(Request::get("/a")).expect_header("x-error", &["/a"]);
        plugin.send(Request::get("/healthz/x")).expect_header("x-error", &[]);
        let plugin = plugin.upstream(Response::new(200));
        plugin.send(Request::get("/a")).expect_header("x-error", &[]);
    }

    fn trailers_have_rules_of_their_own(proxy) {
        let plugin = proxy.load(r#"{
            "request_trailers": [{"action": "set", "name": "x-a", "value": "%REQ(:method)%"}],
            "response_trailers": [{"name": "x-b", "value": "%RESP(:status)% to %REQ(:path)%"}]
        }"#);
        let upstream = Response::new(200).body(&["c"]).trailer("x-b", "1");
        plugin.upstream(upstream).send(Request::post("/d", &["e"]).trailer("x-a", "1"))
            .expect_upstream_trailer("x-a", &["POST"])
            .expect_trailer("x-b", &["1", "200 to /d"])
            .expect_header("x-b", &[]);
    }

    fn a_message_without_trailers_gets_none(proxy) {
        let plugin = proxy.load(r#"{"response_trailers": [{"name": "x-b", "value": "1"}]}"#);
        plugin.send(Request::get("/")).expect_status(200).expect_trailer("x-b", &[]);
    }

    fn a_clients_bytes_pass_unchanged(proxy) {
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

    fn two_plugins_of_one_vm_keep_their_configurations_apart(proxy) {
        let (one, two) = (proxy.load("one"), proxy.load("two"));
        one.send(Request::get("/")).expect_header("hello", &["one"]);
        two.send(Request::get("/")).expect_header("hello", &["two"]);
    }

    fn each_rule_counts_what_it_did(proxy) {
        proxy.reset_metrics();
        let plugin = proxy.load(r#"{
            "request": [
                {"name": "x-user", "value": "%REQ(x-name)%"},
                {"name": "x-fixed", "value": "1", "when": {"method": "POST"}},
                {"action": "remove", "prefix": "x-internal-"},
                {"action": "rename", "name": "x-old", "to": "x-new"}
            ],
            "response": [
                {"action": "set_if_absent", "name": "x-there", "value": "1"},
                {"action": "replace", "name": "x-absent", "value": "1"},
                {"name": "x-two", "values": ["%REQ(x-name)%", "fixed"]}
            ]}"#)
            .upstream(Response::new(200).header("x-there", "0"));
        plugin.send(Request::get("/").header("x-name", "ann").header("x-internal-a", "1").header("x-old", "1"));
        plugin.send(Request::get("/"));
        for (rule, applied) in [("request-0", 1), ("request-1", 0), ("request-2", 1), ("request-3", 1),
            ("response-0", 0), ("response-1", 0), ("response-2", 2)] {
            plugin.expect_metric(&format!("add_header.applied.filter.plugin.rule.{rule}"), applied);
        }
        plugin.expect_metric("add_header.skipped.filter.plugin.rule.request-0", 1);
        plugin.expect_metric("add_header.skipped.filter.plugin.rule.response-2", 1);
    }

    fn counters_exist_only_for_what_is_configured(proxy) {
        proxy.model_only("Envoy keeps the counters of other tests");
        let counters = |configuration: &str| {
            proxy.load(configuration);
            proxy.metrics().unwrap_or_default().len()
        };
        assert_eq!(counters(r#"{"response": []}"#), 0);
        assert_eq!(counters(""), 1);
        assert_eq!(counters(r#"{"response": [{"name": "a", "value": "%REQ(a)%"}]}"#), 2);
        assert_eq!(counters(r#"{"response_trailers": [{"name": "a", "value": "b"}], "echo_config": "x-config"}"#), 3);
    }

    fn the_readmes_configurations_are_accepted(proxy) {
        for example in json_examples(include_str!("../README.md")) {
            proxy.load(example);
        }
    }
}
