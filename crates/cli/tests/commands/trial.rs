//! Runs built filters once.

use serde_json::Value;

use crate::run::{Ran, here};

fn tried(filter: &str, arguments: &[&str]) -> Ran {
    here(&[&["try", "-p", filter], arguments].concat())
}

#[test]
fn changes_are_marked() {
    let configuration = r#"{"request": [{"name": "x-from", "value": "%REQ(x-user)%"}], "response": [{"name": "server", "action": "remove"}]}"#;
    let arguments = [configuration, "/", "-H", "x-user: ann", "--response-header", "server: nginx"];
    let said = tried("add-header", &arguments).output();
    assert!(said.contains("    x-user: ann\n") && said.contains("  + x-from: ann\n"), "{said}");
    assert!(said.contains("    :status: 200\n  - server: nginx\n"), "{said}");
    // What a proxy adds without the filter is not marked.
    assert!(said.contains("    content-length: 0\n"), "{said}");
}

#[test]
fn repeated_requests_are_shown_once_unless_they_differ() {
    let said = tried("rate-limit", &[r#"{"ttlSecond": 60, "burst": 3}"#, "/", "--repeat", "5"]).output();
    assert!(said.starts_with("exchange 1 to 3 of 5\nrequest\n"), "{said}");
    let reply = "exchange 4 to 5 of 5\nrequest, which did not reach the upstream\n";
    assert!(said.contains(reply) && said.contains("reply\n  + :status: 429\n"), "{said}");
    assert!(said.contains("    rate_limit.limited.filter.plugin.rule.per-ip: 2\n"), "{said}");
}

#[test]
fn json() {
    let configuration = r#"{"rules": [{"prefix": "/a", "replace": "/b"}]}"#;
    let arguments = [configuration, "/a/1", "--body", "hi", "--from", "192.0.2.1", "--json"];
    let said: Value = serde_json::from_str(&tried("path-rewrite", &arguments).output()).unwrap();
    let lines = |place: &str| {
        serde_json::from_value::<Vec<String>>(said["exchanges"][0]["request"][place].clone()).unwrap()
    };
    assert!(
        lines("before").contains(&":path: /a/1".into()) && lines("after").contains(&":path: /b/1".into()),
        "{said}"
    );
    assert!(
        lines("after").contains(&":method: POST".into()) && lines("after").contains(&"body: hi".into()),
        "{said}"
    );
    assert_eq!(said["counters"]["path_rewrite.unsafe.filter.plugin.rule.0"], 0);
    assert!(said["instructions"].as_u64() > Some(1000), "{said}");
}

#[test]
fn tcp() {
    let said = tried("tcp-prepend", &["{}", "--tcp", r"a\n", "--tcp-response", "b"]).output();
    assert!(
        said.contains(
            "to the upstream\n  - a\\n\n  + prepend payload to downstream dataa\\n\nto the client\n    b\n"
        ),
        "{said}"
    );
    tried("tcp-prepend", &["{}", "/"]).fails(1, "this is a TCP filter: use `--tcp TEXT`");
    tried("add-header", &["", "--tcp", "a"]).fails(1, "this is an HTTP filter: name a path");
    tried("tcp-prepend", &["{}", "--tcp", r"\q"]).fails(2, r"`\q` is not an escape");
}

#[test]
fn a_refused_configuration_is_shown_as_envoy_logs_it() {
    let wrong = r#"{"responses": []}"#;
    let expected =
        "[error][wasm] wasm log add-header add-header: configuration refused: responses: unknown field";
    tried("add-header", &[wrong, "/"]).fails(1, expected);
    let json = tried("add-header", &[wrong, "/", "--json"]);
    let said: Value = serde_json::from_str(&json.output).unwrap();
    assert_eq!(json.code, Some(1));
    assert!(said["refused"].as_str().unwrap().starts_with("Error: configuration refused: "), "{said}");
}

#[test]
fn mistakes_of_arguments() {
    here(&["try", "{}", "/"])
        .fails(1, "the workspace has several filters: choose one with `-p`: add-header, ");
    tried("add-header", &["none.json", "/"]).fails(1, "cannot read none.json");
    tried("add-header", &["", "/", "-H", "x"]).fails(2, "write `name: value`");
    tried("add-header", &["", "/", "--service", "auth"]).fails(2, "write the cluster and `=` before it");
    tried("add-header", &["", "/", "--response-status", "99"]).fails(2, "99 is not in 100..600");
    tried("add-header", &["", "GET"]).fails(1, "`GET` is not a path: it must begin with `/`");
    tried("add-header", &["", "/", "--service-body", "auth=no"])
        .fails(1, "no service `auth`: add `--service auth=200`");
}
