//! Checks files that deploy filters.

use std::fs;
use std::os::unix::fs::symlink;

use cargo_proxy_filter::temporary::TemporaryDirectory;
use harness::parts;

use crate::mistakes::{WRONG, Wrong};
use crate::run::{empty_directory, here, there};

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

/// Returns the line and column of the bar in a part of a text, which must be there once.
fn position_of(marked: &str, text: &str) -> String {
    let (before, after) = marked.split_once('|').unwrap();
    let part = format!("{before}{after}");
    let [until, _] = text.split(&part).collect::<Vec<_>>().try_into().unwrap();
    // The lines until there, and the characters of the last one until the position, which is the next.
    let until = format!("{until}{before}.");
    format!(":{}:{}", until.lines().count(), until.lines().next_back().unwrap().chars().count())
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
    for (file, Wrong { from, to, expected, at, .. }) in files.iter().zip(&WRONG) {
        let line = ran.output.lines().find(|line| line.starts_with(file.as_str()) && !line.ends_with(": ok"));
        let line =
            line.unwrap_or_else(|| panic!("nothing of {file} ({from} -> {to})\n{}", ran.output)).to_owned()
                + "\n";
        let (position, message) = line[file.len()..].split_at(line[file.len()..].find(": ").unwrap());
        assert!(message.starts_with(expected), "{from} -> {to}: {line}");
        assert_eq!(position, position_of(at, &fs::read_to_string(file).unwrap()), "{from} -> {to}: {line}");
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

/// Makes a directory with files.
fn directory_of(test: &str, files: &[(&str, &str)]) -> TemporaryDirectory {
    let directory = empty_directory(test);
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn wasm_plugin(name: &str, module: &str) -> String {
    format!(
        "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: {name}}}\n\
         spec: {{url: 'oci://r/a/{module}:1', pluginConfig: {{response: [{{name: a, value: {name}}}]}}}}\n"
    )
}

#[test]
fn plugins_of_others_are_named_and_misspelled_filters_are_mistakes() {
    let (right, other, wrong) = (
        wasm_plugin("right", "add-header"),
        wasm_plugin("other", "coraza"),
        wasm_plugin("wrong", "add-headr"),
    );
    let directory = directory_of("other-plugins", &[("a.yaml", right.as_str()), ("b.yaml", other.as_str())]);
    let said = there(&parts::root(), &["check", directory.path().to_str().unwrap()]).output();
    assert!(
        said.contains("a.yaml:4: add-header: ok\n") && said.contains("b.yaml:4: other plugin: other\n"),
        "{said}"
    );
    fs::write(directory.path().join("c.yaml"), wrong).unwrap();
    let ran = there(&parts::root(), &["check", directory.path().to_str().unwrap(), "-p", "add-header"]);
    let expected = "c.yaml:4:7: `add-headr` is no filter of this project: did you mean `add-header`?\n";
    assert!(ran.code == Some(1) && ran.output.contains(expected), "{}", ran.output);
}

#[test]
fn two_plugins_of_a_file_have_names() {
    let two = [wasm_plugin("one", "add-header"), wasm_plugin("two", "add-header")].join("---\n");
    let directory = directory_of("two-plugins", &[("two.yaml", &two)]);
    let file = directory.path().join("two.yaml");
    let tried = |plugin: &[&str]| {
        there(&parts::root(), &[&["try", "add-header", file.to_str().unwrap(), "/"], plugin].concat())
    };
    tried(&[]).fails(1, "its name or place: one (documents[0].spec), two (documents[1].spec)");
    for plugin in ["two", "documents[1].spec"] {
        let said = tried(&["--plugin", plugin]).output();
        assert!(said.contains("  + a: two\n"), "{said}");
    }
}

#[test]
fn a_directory_is_walked_once_and_to_its_end() {
    let right = wasm_plugin("right", "add-header");
    let directory = directory_of("walked", &[("b.yaml", &right)]);
    let path = directory.path();
    // Not UTF-8.
    fs::write(path.join("a.yaml"), b"\xff").unwrap();
    for link in ["one", "two"] {
        symlink(path, path.join(link)).unwrap();
    }
    symlink("b.yaml", path.join("c.yaml")).unwrap();
    let ran = there(&parts::root(), &["check", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(1));
    let lines: Vec<_> = ran.output.lines().collect();
    let [unread, checked] = lines.as_slice() else { panic!("{}", ran.output) };
    assert!(unread.contains("cannot read ") && unread.contains("a.yaml"), "{unread}");
    assert!(checked.ends_with("b.yaml:4: add-header: ok"), "{checked}");
}

#[test]
fn fractions_are_texts_in_yaml_that_envoy_reads() {
    let envoy = fs::read_to_string(parts::root().join("deploy/envoy/add-header.yaml")).unwrap();
    let wrong = envoy.replacen("value: \"world!\"", "value: 1.10", 1);
    assert_ne!(envoy, wrong);
    let directory = directory_of("fractions", &[("envoy.yaml", &wrong)]);
    let file = directory.path().join("envoy.yaml");
    let file = file.to_str().unwrap();
    there(&parts::root(), &["check", file]).output();
    let said = there(&parts::root(), &["try", "add-header", file, "/"]).output();
    assert!(said.contains("  + hello: 1.10\n"), "{said}");
}
