//! Creates filters outside this repository.

use std::fs;

use cargo_proxy_filter::project::Project;
use toml::Table;

use crate::run::{empty_directory, there};

#[test]
fn a_crate_of_its_own_is_complete() {
    for (kind, name) in [("--http", "a-http"), ("--tcp", "first-line"), ("--callout", "a-callout")] {
        let directory = empty_directory(name);
        let said = there(directory.path(), &["new", name, kind]).output();
        assert!(
            said.contains(&format!("  cd {name}\n  cargo proxy-filter test\n  cargo proxy-filter try '{{\"")),
            "{said}"
        );
        let crate_directory = directory.path().join(name);
        let project = Project::at(&crate_directory).unwrap();
        assert_eq!(project.filter_names().collect::<Vec<_>>(), [name]);
        assert_eq!(project.image(name), name);
        let manifest: Table =
            fs::read_to_string(crate_directory.join("Cargo.toml")).unwrap().parse().unwrap();
        assert_eq!(manifest["dependencies"]["proxy-filter"].as_str(), Some(env!("CARGO_PKG_VERSION")));
        for file in [".git", ".gitignore", ".cargo/config.toml", ".github/workflows/ci.yml"] {
            assert!(crate_directory.join(file).exists(), "{file}");
        }
        assert!(!crate_directory.join("deploy/envoy/dynamic").exists());
        assert_eq!(crate_directory.join("deploy/envoy-gateway").exists(), kind != "--tcp");
        for file in said.lines().take_while(|line| !line.is_empty()) {
            let text = fs::read_to_string(directory.path().join(file)).unwrap();
            assert!(!text.is_empty(), "{file} is empty");
            assert!(!text.contains("my-filter") && !text.contains("MyFilter"), "{file} has another name");
            let has_place = |word: &str| {
                word.starts_with('{') && word[1..].starts_with(|letter: char| letter.is_ascii_uppercase())
            };
            assert!(!text.split([' ', '/']).any(has_place), "{file} has a place without a value");
        }
        there(directory.path(), &["new", name]).fails(1, &format!("{name} exists: choose another name"));
    }
}

#[test]
fn a_member_of_a_workspace_inherits() {
    let directory = empty_directory("workspace");
    let root = "[workspace]\nmembers = []\nresolver = \"3\"\n[workspace.package]\nversion = \"1.2.3\"\n[workspace.dependencies]\nlog = \"0.4\"\n";
    fs::write(directory.path().join("Cargo.toml"), root).unwrap();
    let said = there(directory.path(), &["new", "a-member", "--callout"]).output();
    assert!(said.contains("note: requests cost less if Cargo.toml has\n\n# Hashing"), "{said}");
    assert!(said.contains("cargo proxy-filter test --package a-member"), "{said}");
    let project = Project::at(directory.path()).unwrap();
    assert_eq!(project.filters()[0].version, "1.2.3");
    let crate_directory = directory.path().join("a-member");
    let manifest: Table = fs::read_to_string(crate_directory.join("Cargo.toml")).unwrap().parse().unwrap();
    assert_eq!(manifest["dependencies"]["log"]["workspace"].as_bool(), Some(true));
    assert!(manifest.get("profile").is_none() && !crate_directory.join(".github").exists());
    let deployed = fs::read_to_string(crate_directory.join("deploy/istio/wasmplugin/a-member.yaml")).unwrap();
    assert!(deployed.contains("registry.example.com/acme/a-member:1.2.3\n"), "{deployed}");
    assert!(deployed.contains(r#""cluster": "outbound|8000||auth.default.svc.cluster.local""#), "{deployed}");
}

#[test]
fn names_are_checked_before_anything_is_written() {
    let directory = empty_directory("names");
    there(directory.path(), &["new", "filter"]).fails(1, "use two or more lower-case words");
    assert!(fs::read_dir(directory.path()).unwrap().next().is_none());
}
