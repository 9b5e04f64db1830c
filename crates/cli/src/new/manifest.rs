//! The manifest of a new filter: what `cargo new` wrote, and what a filter needs.

use std::fmt::Write;

use anyhow::{Context, Result};
use toml::Table;

use super::template::Kind;

/// Dependencies of filters that the tool's version does not decide.
const SCHEMARS: (&str, &str) = ("schemars", r#""1.2""#);
const SERDE: (&str, &str) = ("serde", r#"{ version = "1.0", features = ["derive"] }"#);
const LOG: (&str, &str) = ("log", r#""0.4""#);

/// The layer and the kit are released with the tool.
const OWN_VERSION: &str = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");

const HASHING: &str = include_str!("../../template/crate/hashing.toml");

/// What a manifest contains apart from the usual.
pub(super) struct Parts {
    /// The crate is not a member of another workspace, and therefore has its own profiles and lints.
    pub(super) is_alone: bool,
    /// The workspace marks its filters with tables.
    pub(super) has_table: bool,
    /// The path to cargo-hakari's package, if the workspace has one.
    pub(super) hack: Option<String>,
}

/// The usual name of cargo-hakari's package, which unifies features, so that no dependency is compiled twice.
pub(super) const HACK: &str = "workspace-hack";

/// Completes the manifest that cargo wrote. Dependencies are inherited from the workspace where its root manifest has them.
///
/// # Errors
/// Cargo's manifest is not as expected.
pub(super) fn text(cargo_manifest: &str, kind: Kind, root: &Table, parts: &Parts) -> Result<String> {
    let mut dependencies = vec![("proxy-filter", OWN_VERSION), SCHEMARS, SERDE];
    if kind == Kind::Callout {
        dependencies.insert(0, LOG);
    }
    let (before, after) =
        cargo_manifest.split_once("[dependencies]\n").context("`cargo new` wrote no [dependencies]")?;
    let (head, tail) = before.split_once("\nversion").context("`cargo new` wrote no version")?;
    let mut text = format!("{head}\ndescription = \"{}\"\nversion{tail}", kind.description());
    if parts.has_table {
        text += "[package.metadata.proxy-filter]\n\n";
    }
    match parts.is_alone {
        true => text += concat!(include_str!("../../template/crate/lints.toml"), "\n"),
        false if !after.trim().is_empty() => write!(text, "{}\n\n", after.trim())?,
        false => {}
    }
    let inherited = root.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    for (table, dependencies) in [
        ("dependencies", dependencies.as_slice()),
        ("dev-dependencies", &[("proxy-filter-test", OWN_VERSION)]),
    ] {
        writeln!(text, "[{table}]")?;
        for (name, version) in dependencies {
            match inherited.is_some_and(|inherited| inherited.get(name).is_some()) {
                true => writeln!(text, "{name}.workspace = true")?,
                false => writeln!(text, "{name} = {version}")?,
            }
        }
        if let Some(path) = parts.hack.as_ref().filter(|_| table == "dev-dependencies") {
            writeln!(text, "{HACK} = {{ path = \"{path}\" }}")?;
        }
        text.push('\n');
    }
    if parts.is_alone {
        text += concat!(include_str!("../../template/crate/profile.toml"), "\n");
        text = text + HASHING + "\n" + include_str!("../../template/crate/compiler.toml");
    }
    Ok(text.trim_end().to_owned() + "\n")
}

/// Returns the settings of hashing, unless the workspace has them.
pub(super) fn hashing_missing(root: &Table) -> Option<&'static str> {
    let release = root.get("profile").and_then(|profiles| profiles.get("release"));
    let packages = release.and_then(|release| release.get("package"));
    packages.is_none_or(|packages| packages.get("hashbrown").is_none()).then_some(HASHING)
}

/// Returns the version of the package, which may be the workspace's.
///
/// # Errors
/// The package has no version.
pub(super) fn version(cargo_manifest: &str, root: &Table) -> Result<String> {
    let manifest: Table = cargo_manifest.parse()?;
    let own = manifest.get("package").and_then(|package| package.get("version")?.as_str());
    let of_workspace =
        root.get("workspace").and_then(|workspace| workspace.get("package")?.get("version")?.as_str());
    Ok(own.or(of_workspace).context("the package has no version")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_of_its_own_has_versions_and_profiles() {
        let cargo_manifest =
            "[package]\nname = \"a-b\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n";
        let parts = Parts { is_alone: true, has_table: false, hack: None };
        let text = text(cargo_manifest, Kind::Http, &Table::new(), &parts).unwrap();
        let manifest: Table = text.parse().unwrap();
        assert_eq!(manifest["package"]["description"].as_str(), Some(Kind::Http.description()));
        assert_eq!(manifest["dependencies"]["proxy-filter"].as_str(), Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(manifest["profile"]["release"]["package"]["hashbrown"]["opt-level"].as_integer(), Some(3));
        assert_eq!(hashing_missing(&manifest), None);
        assert_eq!(version(cargo_manifest, &Table::new()).unwrap(), "0.1.0");
    }

    #[test]
    fn a_member_inherits_what_its_workspace_has() {
        let cargo_manifest = "[package]\nname = \"a-b\"\nversion.workspace = true\n\n[dependencies]\n\n[lints]\nworkspace = true\n";
        let root = "[workspace.package]\nversion = \"1.2.3\"\n[workspace.dependencies]\nserde = \"1\"";
        let root = root.parse().unwrap();
        let parts = Parts { is_alone: false, has_table: true, hack: Some("../../hack".into()) };
        let text = text(cargo_manifest, Kind::Callout, &root, &parts).unwrap();
        let manifest: Table = text.parse().unwrap();
        assert_eq!(manifest["dependencies"]["serde"]["workspace"].as_bool(), Some(true), "{text}");
        assert_eq!(manifest["dependencies"]["log"].as_str(), Some("0.4"));
        assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true));
        assert!(manifest["package"]["metadata"]["proxy-filter"].is_table());
        assert_eq!(manifest["dev-dependencies"][HACK]["path"].as_str(), Some("../../hack"));
        assert!(!text.contains("profile"), "{text}");
        assert_eq!(version(cargo_manifest, &root).unwrap(), "1.2.3");
    }
}
