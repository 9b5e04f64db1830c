//! `cargo proxy-filter new`: creates a filter from the template, with its crate and its files of `deploy/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::project::Project;

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../template/", $path))
    };
}

/// The template's files and where they go: `{}` is the filter's name.
const FILES: [(&str, &str); 16] = [
    (template!("Cargo.toml"), "filters/{}/Cargo.toml"),
    (template!("README.md"), "filters/{}/README.md"),
    (template!("config.schema.json"), "filters/{}/config.schema.json"),
    (template!("wrong-configurations.snap"), "filters/{}/wrong-configurations.snap"),
    (template!("src/lib.rs"), "filters/{}/src/lib.rs"),
    (template!("src/config.rs"), "filters/{}/src/config.rs"),
    (template!("src/config/tests.rs"), "filters/{}/src/config/tests.rs"),
    (template!("src/compile.rs"), "filters/{}/src/compile.rs"),
    (template!("tests/behaviour.rs"), "filters/{}/tests/behaviour.rs"),
    (template!("deploy/envoy.yaml"), "deploy/envoy/{}.yaml"),
    (template!("deploy/listeners.yaml"), "deploy/envoy/dynamic/listeners/{}.yaml"),
    (template!("deploy/wasmplugin.yaml"), "deploy/istio/wasmplugin/{}.yaml"),
    (template!("deploy/envoyfilter.yaml"), "deploy/istio/envoyfilter/{}/envoyfilter.yaml"),
    (template!("deploy/kustomization.yaml"), "deploy/istio/envoyfilter/{}/kustomization.yaml"),
    (template!("deploy/mount.yaml"), "deploy/istio/envoyfilter/{}/mount.yaml"),
    (template!("deploy/envoy-gateway.yaml"), "deploy/envoy-gateway/{}.yaml"),
];

/// Types that a filter imports, whose names it cannot have.
const TAKEN_TYPES: [&str; 12] = [
    "ConfigError",
    "HeaderName",
    "HeaderValue",
    "HostError",
    "HttpFilter",
    "OnDownstreamData",
    "OnRequestHeaders",
    "OnResponseHeaders",
    "RequestHeaders",
    "ResponseHeaders",
    "TcpFilter",
    "TcpFlow",
];

/// Returns the files of a filter, relative to the project's root.
pub fn files(name: &str) -> impl Iterator<Item = String> {
    FILES.into_iter().map(move |(_, to)| to.replace("{}", name))
}

/// Writes the files of a filter.
///
/// # Errors
/// The name is invalid or taken, or a file cannot be written.
pub fn run(project: &Project, name: &str) -> Result<()> {
    check(name)?;
    if let Some(taken) = files(name).find(|file| project.root().join(file).exists()) {
        bail!("{taken} exists: choose another name");
    }
    for ((template, _), file) in FILES.into_iter().zip(files(name)) {
        write(&project.root().join(&file), &named(template, name, project.version()))?;
        println!("{file}");
    }
    // A longer name may need other line breaks. Without rustfmt the files stay as they are.
    _ = Command::new("cargo").args(["fmt", "--package", name]).current_dir(project.root()).status();
    println!("next: run `just build` and `just test --package {name}`");
    println!("then adapt every file above, and add the filter to README.md and CHANGELOG.md");
    Ok(())
}

fn check(name: &str) -> Result<()> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    // A single word is likely to be another package's name, or a keyword of Rust.
    ensure!(
        name.contains('-') && name.split('-').all(is_word),
        "`{name}` cannot name a filter: use two or more lower-case words with hyphens between them, such as `my-filter`"
    );
    let type_name = type_name(name);
    ensure!(
        !TAKEN_TYPES.contains(&type_name.as_str()) && !name.starts_with("proxy-"),
        "`{name}` cannot name a filter: its type `{type_name}` would collide with one of proxy-filter; choose another name"
    );
    Ok(())
}

/// Replaces the template's name with the filter's own.
fn named(text: &str, name: &str, version: &str) -> String {
    text.replace("my-filter", name)
        .replace("my_filter", &name.replace('-', "_"))
        .replace("MyFilter", &type_name(name))
        .replace("{VERSION}", version)
}

fn type_name(name: &str) -> String {
    let capitalized = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(capitalized).collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().with_context(|| format!("{} has no folder", path.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a-b", "my-filter", "http2-only"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "a-", "My-filter", "my_filter", "2fast", "a--b", "../a", "ä", "xtask", "type"]
            .into_iter()
            .chain(["header-name", "http-filter", "proxy-model"])
        {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert_eq!(named("my-filter my_filter MyFilter {VERSION}", "a-b1", "1.2.3"), "a-b1 a_b1 AB1 1.2.3");
    }
}
