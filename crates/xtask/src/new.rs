//! Makes a filter from the template: its crate, and its files of `deploy/`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use harness::parts;

/// The template's files, and where they go: `{}` is the filter's name.
const FILES: [(&str, &str); 16] = [
    ("Cargo.toml", "filters/{}/Cargo.toml"),
    ("README.md", "filters/{}/README.md"),
    ("config.schema.json", "filters/{}/config.schema.json"),
    ("wrong-configurations.snap", "filters/{}/wrong-configurations.snap"),
    ("src/lib.rs", "filters/{}/src/lib.rs"),
    ("src/config.rs", "filters/{}/src/config.rs"),
    ("src/config/tests.rs", "filters/{}/src/config/tests.rs"),
    ("src/compile.rs", "filters/{}/src/compile.rs"),
    ("tests/behaviour.rs", "filters/{}/tests/behaviour.rs"),
    ("deploy/envoy.yaml", "deploy/envoy/{}.yaml"),
    ("deploy/listeners.yaml", "deploy/envoy/dynamic/listeners/{}.yaml"),
    ("deploy/wasmplugin.yaml", "deploy/istio/wasmplugin/{}.yaml"),
    ("deploy/envoyfilter.yaml", "deploy/istio/envoyfilter/{}/envoyfilter.yaml"),
    ("deploy/kustomization.yaml", "deploy/istio/envoyfilter/{}/kustomization.yaml"),
    ("deploy/mount.yaml", "deploy/istio/envoyfilter/{}/mount.yaml"),
    ("deploy/envoy-gateway.yaml", "deploy/envoy-gateway/{}.yaml"),
];

/// Types that a filter imports.
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

pub fn run(name: &str) -> Result<()> {
    check(name)?;
    let root = parts::root();
    let made = |to: &str| root.join(to.replace("{}", name));
    if let Some((_, to)) = FILES.iter().find(|(_, to)| made(to).exists()) {
        bail!("{} is there already: choose another name", to.replace("{}", name));
    }
    for (from, to) in FILES {
        let template = root.join("crates/xtask/template").join(from);
        let text = fs::read_to_string(&template).with_context(|| template.display().to_string())?;
        write(&made(to), &named(&text, name))?;
        println!("{}", to.replace("{}", name));
    }
    // What is in order under one name need not be under another. Where rustfmt is missing the files stay
    // as they are.
    _ = Command::new("cargo").args(["fmt", "--package", name]).current_dir(&root).status();
    println!("now: just build && just test -p {name}");
    println!("then its line in README.md and CHANGELOG.md, and its own words in every file above");
    Ok(())
}

fn check(name: &str) -> Result<()> {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    // One word alone is likely to be another package's name, or a word of Rust's.
    ensure!(
        name.contains('-') && name.split('-').all(is_word),
        "`{name}` is not a filter's name: use lower-case words with hyphens between them, like `my-filter`"
    );
    let type_name = type_name(name);
    ensure!(
        !TAKEN_TYPES.contains(&type_name.as_str()) && !name.starts_with("proxy-"),
        "`{name}` is taken: its type would be `{type_name}`, which the layer has"
    );
    Ok(())
}

/// The template's text under the filter's own name.
fn named(text: &str, name: &str) -> String {
    text.replace("my-filter", name)
        .replace("my_filter", &name.replace('-', "_"))
        .replace("MyFilter", &type_name(name))
        .replace("{VERSION}", env!("CARGO_PKG_VERSION"))
}

fn type_name(name: &str) -> String {
    let capitalized = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(capitalized).collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    let directory = path.parent().context("a file in no folder")?;
    fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    fs::write(path, text).with_context(|| path.display().to_string())
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
        assert_eq!(named("my-filter my_filter MyFilter", "a-b1"), "a-b1 a_b1 AB1");
    }
}
