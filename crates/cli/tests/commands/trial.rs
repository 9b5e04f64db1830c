//! Runs built filters once.

use std::fs;

use proxy_filter_test::envoy_test;
use serde_json::Value;

use crate::run::{Ran, empty_directory, here};

fn tried(filter: &str, arguments: &[&str]) -> Ran {
    here(&[&["try", filter], arguments].concat())
}

#[test]
fn the_filter_is_named_first_or_with_an_option() {
    let configuration = r#"{"response": [{"name": "a", "value": "b"}]}"#;
    for arguments in [
        ["try", "add-header", configuration, "/"].as_slice(),
        &["try", "-p", "add-header", configuration, "/"],
    ] {
        let said = here(arguments).output();
        assert!(said.contains("  + a: b\n"), "{said}");
    }
    here(&["try", "{}", "/"])
        .fails(1, "name the filter before the configuration: add-header, add-header-edit, path-rewrite, ");
    here(&["try", "add-headers", "{}", "/"])
        .fails(1, "unknown filter `add-headers`: the filters are add-header, ");
}

#[test]
fn json() {
    let configuration = r#"{"rules": [{"prefix": "/a", "replace": "/b"}]}"#;
    let arguments = [configuration, "/a/1", "--body", "hi", "--from", "192.0.2.1", "--json"];
    let said: Value = serde_json::from_str(&tried("path-rewrite", &arguments).output()).unwrap();
    let exchange = &said["exchanges"][0];
    let header = |side: &str, name: &str| {
        let headers = exchange["request"][side]["headers"].as_array().unwrap();
        headers.iter().find(|header| header[0] == name).map(|header| header[1].clone())
    };
    assert_eq!(header("before", ":path"), Some("/a/1".into()), "{said}");
    assert_eq!(header("after", ":path"), Some("/b/1".into()), "{said}");
    assert_eq!(header("after", ":method"), Some("POST".into()), "{said}");
    assert_eq!(exchange["request"]["after"]["body"], "hi");
    assert_eq!(
        (&exchange["response"]["after"]["status"], &exchange["responder"]),
        (&200.into(), &"upstream".into())
    );
    assert_eq!(said["counters"]["path_rewrite.unsafe.filter.path-rewrite.rule.0"], 0);
    assert!(said["instructions"].as_u64() > Some(1000), "{said}");
}

#[test]
fn an_argument_is_a_file_yaml_or_a_text() {
    for (configuration, expected) in [
        ("response:\n- {name: a, value: b}", "  + a: b\n"),
        ("what ever you want", "  + hello: what ever you want\n"),
        ("deploy/istio/wasmplugin/add-header.yaml", "  + hello: world!\n"),
        ("deploy/compose/envoy.yaml", "  + who-am-i: "),
    ] {
        let said = tried("add-header", &[configuration, "/"]).output();
        assert!(said.contains(expected), "{configuration}: {said}");
    }
    tried("add-header", &["none.yaml", "/"]).fails(1, "cannot read none.yaml");
    tried("tcp-prepend", &["deploy/compose/envoy.yaml", "--tcp", "a"]).fails(
        1,
        "deploy/compose/envoy.yaml: no plugin of tcp-prepend: the file has path-rewrite (static_resources",
    );
    tried("rate-limit", &["deploy/kubernetes/service.yaml", "/"]).fails(1, "service.yaml has no plugin");
}

#[test]
fn one_of_several_plugins_is_chosen_by_name_or_place() {
    let plugin = |name: &str, value: &str| {
        format!(
            "{{name: {name}, rootID: add-header, config: {{response: [{{name: a, value: \"{value}\"}}]}}}}"
        )
    };
    let directory = empty_directory("several-plugins");
    let file = directory.path().join("policy.yaml");
    let text = format!(
        "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyExtensionPolicy\nspec: {{wasm: [{}, {}]}}\n",
        plugin("one", "1"),
        plugin("two", "2")
    );
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    tried("add-header", &[file, "/"])
        .fails(1, "several plugins of add-header: choose one with `--plugin` and its name or place: one (spec.wasm[0]), two (spec.wasm[1])");
    for (plugin, expected) in [("two", "  + a: 2\n"), ("spec.wasm[0]", "  + a: 1\n")] {
        let said = tried("add-header", &[file, "/", "--plugin", plugin]).output();
        assert!(said.contains(expected), "{said}");
    }
    // Metrics have the plugin's name.
    let said = tried("add-header", &[file, "/", "--plugin", "two", "--json"]).output();
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["counters"]["add_header.applied.filter.two.rule.response-0"], 1, "{said}");
    tried("add-header", &[file, "/", "--plugin", "three"])
        .fails(1, "no plugin `three`: the file has one (spec.wasm[0])");
}

#[test]
fn tcp() {
    tried("tcp-prepend", &["{}", "/"]).fails(1, "this is a TCP filter: use `--tcp TEXT`");
    tried("add-header", &["", "--tcp", "a"]).fails(1, "this is an HTTP filter: name a path");
    tried("add-header", &["", "/", "--tcp", "a"])
        .fails(1, "unexpected `/`: with `--tcp` there is no request");
    tried("tcp-prepend", &["{}", "--tcp", r"\q"]).fails(2, r"`\q` is not an escape");
}

#[test]
fn a_refused_configuration_is_shown_as_envoy_logs_it_and_with_its_line() {
    let wrong = r#"{"responses": []}"#;
    let expected =
        "[error][wasm] wasm log add-header add-header: configuration refused: responses: unknown field";
    tried("add-header", &[wrong, "/"]).fails(1, expected);
    tried("add-header", &[wrong, "/"]).fails(1, "configuration:1:2:\n1 | {\"responses\": []}\n  |  ^\n");
    // An unknown field's name is wrong, not its value.
    tried("add-header", &[r#"{"echo_confg": true}"#, "/"]).fails(1, "configuration:1:2:\n");
    tried("add-header", &[r#"{"echo_config": 1}"#, "/"]).fails(1, "configuration:1:17:\n");
    let json = tried("add-header", &[wrong, "/", "--json"]);
    let said: Value = serde_json::from_str(&json.output).unwrap();
    assert_eq!((json.code, &said["refused"]["place"]), (Some(1), &"responses".into()));
    assert!(said["refused"]["message"].as_str().unwrap().starts_with("unknown field `responses`"), "{said}");
}

envoy_test! {
fn envoy_changes_the_same() {
    let marked = |said: &str| {
        let lines = said.lines().filter(|line| line.starts_with("  + ") || line.starts_with("  - "));
        lines.map(|line| line.to_owned() + "\n").collect::<String>()
    };
    for (filter, arguments) in [
        ("add-header", ["deploy/istio/wasmplugin/add-header.yaml", "/", "--response-header", "x-a: 1"].as_slice()),
        ("path-rewrite", &["crates/cli/tests/commands/transcripts/envoy.yaml", "/api/v1/users?a=1", "--body", "hi"]),
        ("tcp-prepend", &["{}", "--tcp", "a", "--tcp-response", "b"]),
    ] {
        let [model, envoy] =
            [[].as_slice(), &["--envoy"]].map(|option| tried(filter, &[arguments, option].concat()).output());
        assert!(!marked(&model).is_empty() && marked(&model) == marked(&envoy), "{model}\n{envoy}");
    }
    let of_file = tried("add-header", &["deploy/istio/wasmplugin/add-header.yaml", "/", "--envoy"]).errors;
    assert!(of_file.contains("note: `--envoy` takes only the plugin's configuration from deploy/istio/"), "{of_file}");
    let of_text = tried("add-header", &["{}", "/", "--envoy"]).errors;
    assert!(!of_text.contains("note:"), "{of_text}");
    let limited = ["deploy/envoy/rate-limit.yaml", "/", "--repeat", "5", "--envoy"];
    let said = tried("rate-limit", &limited).output();
    assert!(said.starts_with("200 200 200 429 429\nexchange 1 to 3 of 5\n"), "{said}");
    assert!(said.contains("counters\n    rate_limit_allowed{rule=\"per-ip\"} 3\n"), "{said}");
    let said: Value = serde_json::from_str(&tried("rate-limit", &[&limited[..], &["--json"]].concat()).output()).unwrap();
    assert_eq!(said["counters"]["rate_limit.limited.filter.rate-limit.rule.per-ip"], 2, "{said}");
    tried("rate-limit", &[&limited[..], &["--advance", "1s"]].concat()).fails(1, "Envoy's clock cannot be moved");
    tried("add-header", &[r#"{"a": 1}"#, "/", "--envoy"]).fails(1, "configuration refused: a: unknown field `a`");
}
}

envoy_test! {
fn envoy_sees_the_same_scheme_and_client() {
    let shown = |what: &str| format!(r#"{{"request": [{{"name": "x-seen", "value": "{what}"}}]}}"#);
    let by_client = r#"{"request": [{"name": "x-seen", "value": "yes", "when": {"client_ip": "203.0.113.0/24"}}]}"#;
    let scheme = shown("%REQ(:SCHEME)% %REQ(X-FORWARDED-PROTO)% %REQ(:AUTHORITY)% %PATH(NQ)%");
    for (configuration, request, expected) in [
        (scheme.as_str(), ["/a?b", "-H", "x: y"].as_slice(), Some("http http a.example /a")),
        (&scheme, &["https://shop.example/a"], Some("https https shop.example /a")),
        (&scheme, &["/", "-H", "x-forwarded-proto: https"], Some("https https a.example /")),
        (&scheme, &["/", "-H", ":scheme: https"], Some("https https a.example /")),
        (&scheme, &["https://b/", "-H", "x-forwarded-proto: http"], Some("http http b /")),
        (&scheme, &["https://b/", "-H", "x-forwarded-proto: wss"], Some("http wss b /")),
        (by_client, &["/", "--from", "192.0.2.7", "-H", "x-forwarded-for: 203.0.113.9"], None),
        (by_client, &["/", "--from", "203.0.113.9", "-H", "x-forwarded-for: 192.0.2.7"], Some("yes")),
    ] {
        for option in [[].as_slice(), &["--envoy"]] {
            let said = tried("add-header", &[&[configuration], request, option].concat()).output();
            let found = said.lines().find_map(|line| line.strip_prefix("  + x-seen: "));
            assert_eq!(found, expected, "{request:?} {option:?}\n{said}");
        }
    }
}
}

#[test]
fn mistakes_of_arguments() {
    tried("add-header", &["", "/", "-H", "x"]).fails(2, "write `name: value`");
    tried("add-header", &["", "/", "--service", "auth"]).fails(2, "write `CLUSTER=VALUE`");
    tried("add-header", &["", "/", "--response-status", "99"]).fails(2, "99 is not in 100..600");
    tried("add-header", &["", "/", "--advance", "10"]).fails(2, "write a whole number and ms, s, m, h or d");
    tried("add-header", &["", "/", "--from", "a"]).fails(2, "invalid IP address");
    tried("add-header", &["", "GET"]).fails(1, "`GET` is not a path: it must begin with `/`");
    tried("add-header", &["", "/a b"]).fails(1, "`/a b` is not a path: write ` ` as `%20`");
    tried("add-header", &["", "GET / HTTP", "/"]).fails(1, "`GET / HTTP` is not a method");
    tried("add-header", &["", "/", "-H", "x a: 1", "--envoy"]).fails(1, "`x a` is not the name of a header");
    tried("add-header", &[""]).fails(2, "no path: add one such as `/`");
    tried("add-header", &["", "GET", "/", "/"])
        .fails(2, "too many arguments after the configuration: GET / /");
    tried("add-header", &["", "/", "--service-body", "auth=no"])
        .fails(1, "no service `auth`: add `--service auth=200`");
}
