//! Checks files that deploy filters.

use std::fs;

use harness::parts;

use crate::run::{empty_directory, here, there};

/// What is wrong with a file, as a change of a right one.
struct Wrong {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// What is said after the file's name.
    expected: &'static str,
}

const WRONG: [Wrong; 10] = [
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "limit: 3",
        to: "limit: 0",
        expected: ": rate-limit: rules[0].limit: 0 would refuse every request",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "google.protobuf.Struct\n                          value:\n                            rules:",
        to: "google.protobuf.StringValue\n                          value: |\n                            {\"rules\" 3}",
        expected: ": rate-limit: not valid JSON: expected `:`\n",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "google.protobuf.Struct",
        to: "google.protobuf.Structure",
        expected: ": rate-limit: `type.googleapis.com/google.protobuf.Structure` is not a type that a filter can read",
    },
    Wrong {
        file: "envoy/rate-limit.yaml",
        from: "google.protobuf.Struct",
        to: "google.protobuf.StringValue",
        expected: ": rate-limit: `value` of a `google.protobuf.StringValue` is text",
    },
    Wrong {
        file: "envoy/tcp-prepend.yaml",
        from: "envoy.extensions.filters.network.wasm.v3",
        to: "envoy.extensions.filters.http.wasm.v3",
        expected: ": tcp-prepend: this is a network filter in an HTTP filter chain: use envoy.filters.network.wasm, ",
    },
    Wrong {
        file: "istio/wasmplugin/tcp-prepend.yaml",
        from: "type: NETWORK",
        to: "type: HTTP",
        expected: ": tcp-prepend: this is a network filter in an HTTP filter chain: use envoy.filters.network.wasm, ",
    },
    Wrong {
        file: "istio/wasmplugin/add-header.yaml",
        from: "pluginConfig:",
        to: "config:",
        expected: ": add-header: unknown field `config`: here it is called `pluginConfig`",
    },
    Wrong {
        file: "istio/envoyfilter/add-header/envoyfilter.yaml",
        from: "  response:",
        to: "  respons:",
        expected: ": add-header: respons: unknown field `respons` (did you mean `response`?)",
    },
    Wrong {
        file: "envoy-gateway/several.yaml",
        from: "name: hello",
        to: "name: he llo",
        expected: ": add-header: response[0].name: `he llo` is not a header name",
    },
    Wrong { file: "envoy-gateway/add-header.yaml", from: "spec:", to: "spec: :", expected: ": not YAML: " },
];

#[test]
fn all_files_for_deployment_are_right() {
    let said = here(&["check", "deploy"]).output();
    for expected in
        ["deploy/envoy/rate-limit.yaml:", "deploy/compose/envoy.yaml:", "envoyfilter.yaml:", "several.yaml:"]
    {
        assert!(said.contains(expected), "{said}");
    }
    assert!(said.lines().count() > 20 && said.lines().all(|line| line.ends_with(": ok")), "{said}");
}

#[test]
fn what_is_wrong_is_shown_with_its_line() {
    let root = parts::root();
    let directory = empty_directory("wrong-files");
    for (at, Wrong { file, from, to, .. }) in WRONG.iter().enumerate() {
        let text = fs::read_to_string(root.join("deploy").join(file)).unwrap();
        assert!(text.contains(from), "{file} has no `{from}`");
        fs::write(directory.path().join(format!("{at}.yaml")), text.replacen(from, to, 1)).unwrap();
    }
    let path = |at: usize| directory.path().join(format!("{at}.yaml")).display().to_string();
    let files: Vec<_> = (0..WRONG.len()).map(path).collect();
    let all: Vec<_> = ["check"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let ran = there(&root, &all);
    assert_eq!(ran.code, Some(1), "{}", ran.errors);
    for (file, Wrong { from, to, expected, .. }) in files.iter().zip(&WRONG) {
        let line = ran.output.lines().find(|line| line.starts_with(file.as_str()) && !line.ends_with(": ok"));
        let line =
            line.unwrap_or_else(|| panic!("nothing of {file} ({from} -> {to})\n{}", ran.output)).to_owned()
                + "\n";
        let (position, message) = line[file.len()..].split_at(line[file.len()..].find(": ").unwrap());
        assert!(message.starts_with(expected), "{from} -> {to}: {line}");
        assert!(position.split(':').skip(1).all(|number| number.parse::<u64>().is_ok()), "{line}");
    }
    // Of a directory, too.
    there(&root, &["check", directory.path().to_str().unwrap()]).fails(1, "");
}

#[test]
fn files_without_a_plugin_fail_unless_they_are_configurations() {
    let ran = here(&["check", "deploy/kubernetes/service.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.output.contains("deploy/kubernetes/service.yaml: no plugin of this project's filters"),
        "{}",
        ran.output
    );
    let limit = "crates/cli/tests/commands/transcripts/limit.yaml";
    let ran = here(&["check", limit]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.output.contains("name the filter with `-p`"), "{}", ran.output);
    assert_eq!(here(&["check", "-p", "rate-limit", limit]).output(), format!("{limit}:2: rate-limit: ok\n"));
    let ran = here(&["check", "-p", "add-header", limit]);
    assert!(
        ran.code == Some(1) && ran.output.contains(":2:1: add-header: rules: unknown field `rules`"),
        "{}",
        ran.output
    );
    // The others are checked all the same.
    let ran = here(&["check", "none.yaml", "-p", "rate-limit", limit]);
    assert!(ran.code == Some(1) && ran.output.starts_with("cannot read none.yaml: "), "{}", ran.output);
    assert!(ran.output.ends_with(": ok\n"), "{}", ran.output);
}
