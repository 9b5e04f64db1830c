//! Images of a filter that is a crate of its own.

use std::fs;

use cargo_proxy_filter::temporary::TemporaryDirectory;

use crate::run::{empty_directory, there};

/// Creates a filter with a module, which these commands only read.
fn with_module(test: &str) -> TemporaryDirectory {
    let directory = empty_directory(test);
    there(directory.path(), &["new", "a-filter"]).output();
    let modules = directory.path().join("a-filter/target/proxy-filter");
    fs::create_dir_all(&modules).unwrap();
    fs::write(modules.join("a-filter.wasm"), b"\0asm\x01\0\0\0").unwrap();
    directory
}

#[test]
fn images_have_the_filters_name() {
    let directory = with_module("images");
    let crate_directory = directory.path().join("a-filter");
    let said = there(&crate_directory, &["publish", "localhost:1/acme", "--dry-run"]).output();
    assert!(said.starts_with("localhost:1/acme/a-filter:0.1.0\n"), "{said}");
    let said = there(&crate_directory, &["publish", "docker.io/acme", "main", "--dry-run"]).output();
    assert!(said.starts_with("docker.io/acme/a-filter:main\n"), "{said}");
    let said = there(&crate_directory, &["pack"]).output();
    assert!(
        said.starts_with("a-filter sha256:")
            && crate_directory.join("target/oci/a-filter/index.json").exists(),
        "{said}"
    );
}

#[test]
fn manifests_are_pinned() {
    let directory = with_module("manifests");
    let crate_directory = directory.path().join("a-filter");
    there(&crate_directory, &["manifests", "localhost:1/acme", "1.2.3"]).output();
    for file in [
        "istio/trafficextension/a-filter.yaml",
        "istio/wasmplugin/a-filter.yaml",
        "envoy-gateway/a-filter.yaml",
    ] {
        let text = fs::read_to_string(crate_directory.join("target/manifests").join(file)).unwrap();
        assert!(text.contains("localhost:1/acme/a-filter:1.2.3\n") && text.contains("sha256: \""), "{text}");
    }
}

#[test]
fn modules_are_where_the_variable_says() {
    let directory = empty_directory("variable");
    there(directory.path(), &["new", "a-filter"]).output();
    let crate_directory = directory.path().join("a-filter");
    there(&crate_directory, &["pack"])
        .fails(1, "target/proxy-filter/a-filter.wasm is missing: run `cargo proxy-filter build`");
    let mut configuration = fs::read_to_string(crate_directory.join(".cargo/config.toml")).unwrap();
    configuration += "\n[env]\nPROXY_FILTER_MODULES = { value = \"modules\", relative = true }\n";
    fs::write(crate_directory.join(".cargo/config.toml"), configuration).unwrap();
    there(&crate_directory, &["pack"]).fails(1, "a-filter/modules/a-filter.wasm is missing");
}
