//! Exit codes, colors, completions and manual pages.

use crate::run::{empty_directory, here, ran, there, tool};

#[test]
fn exit_codes() {
    here(&["buld"]).fails(2, "a similar subcommand exists: 'build'");
    here(&["try", "-p", "add-header", "{}"]).fails(2, "no path: add one");
    here(&["build", "-p", "add-headers"])
        .fails(1, "error: unknown filter `add-headers`: the filters are add-header");
    here(&["build", "-p", "harness"])
        .fails(1, "`harness` is not a filter: its Cargo.toml has no dependency on proxy-filter");
    here(&["test", "-p", "harness"]).fails(1, "is not a filter");
    here(&["schema", "-p", "harness"]).fails(1, "is not a filter");
    let help = here(&["--help"]).output();
    assert!(help.contains("Exit codes: 0 if done, 1 if something failed"), "{help}");
    assert!(!help.contains("reproduce"), "a command of this repository is shown: {help}");
}

#[test]
fn a_directory_without_a_project() {
    let directory = empty_directory("no-project");
    for command in ["build", "test", "schema", "pack"] {
        there(directory.path(), &[command]).fails(1, "there is no Cargo.toml in ");
    }
}

#[test]
fn colors_are_for_terminals_or_on_demand() {
    let wrong = ["build", "-p", "harness"];
    let is_colored = |errors: String| errors.starts_with("\x1b[31merror:\x1b[0m ");
    assert!(!is_colored(here(&wrong).errors));
    assert!(is_colored(here(&["--color", "always", "build", "-p", "harness"]).errors));
    let root = harness::parts::root();
    let asked_for = ["build", "-p", "harness", "--color=always"];
    assert!(is_colored(ran(tool(&root, &asked_for).env("NO_COLOR", "1")).errors));
}

#[test]
fn json_is_all_that_is_printed() {
    let printed = here(&["build", "-p", "tcp-prepend", "--json"]).output();
    let module: serde_json::Value = serde_json::from_str(printed.trim_end()).unwrap();
    assert_eq!(module["name"], "tcp-prepend");
    assert_eq!(module["sha256"].as_str().map(str::len), Some(64));
    let size = std::fs::metadata(module["file"].as_str().unwrap()).unwrap().len();
    assert_eq!(module["bytes"], size);
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let root = harness::parts::root();
    for arguments in
        [["completions", "bash"].as_slice(), &["man"], &["try", "-p", "add-header", "hello", "/"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = tool(&root, arguments).stdout(writer).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && !errors.contains("panicked"), "{arguments:?}: {errors}");
    }
}

#[test]
fn completions_and_manual_pages() {
    let script = here(&["completions", "bash"]).output();
    assert!(script.contains("--envoy-version"), "{script}");
    here(&["completions", "shell"]).fails(2, "possible values: bash");
    let page = here(&["man"]).output();
    assert!(page.contains(".TH cargo-proxy-filter 1"), "{page}");
    let directory = empty_directory("man");
    there(directory.path(), &["man", "--output", "man1"]).output();
    let page = std::fs::read_to_string(directory.path().join("man1/cargo-proxy-filter-try.1")).unwrap();
    assert!(page.contains("cargo proxy\\-filter try"), "{page}");
}
