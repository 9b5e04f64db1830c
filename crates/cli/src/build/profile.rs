//! The settings of the profile `release` that modules need: small, because Envoy compiles a whole module before it serves.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use toml::Table;

/// Settings, for projects whose manifest does not have them.
const SETTINGS: [(&str, &str); 5] = [
    ("opt-level", r#""s""#),
    ("lto", r#""fat""#),
    ("codegen-units", "1"),
    ("panic", r#""abort""#),
    // Keeps relocations and the names of functions, which the build reads and then removes.
    ("strip", r#""debuginfo""#),
];

/// Returns the arguments with which cargo uses the settings that the project's root manifest does not have.
///
/// # Errors
/// The manifest cannot be read.
pub fn arguments(root: &Path) -> Result<Vec<String>> {
    let manifest = root.join("Cargo.toml");
    let cannot_read = || format!("cannot read {}", manifest.display());
    let text = fs::read_to_string(&manifest).with_context(cannot_read)?;
    Ok(missing(&text.parse().with_context(cannot_read)?))
}

fn missing(manifest: &Table) -> Vec<String> {
    let own = manifest.get("profile").and_then(|profiles| profiles.get("release"));
    let is_missing = |name: &str| own.is_none_or(|own| own.get(name).is_none());
    let missing = SETTINGS.into_iter().filter(|(name, _)| is_missing(name));
    missing.flat_map(|(name, value)| ["--config".into(), format!("profile.release.{name}={value}")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifests_settings_have_precedence() {
        let manifest = "[profile.release]\nopt-level = 3\nlto = false\nstrip = true\npanic = \"abort\"";
        assert_eq!(missing(&manifest.parse().unwrap()), ["--config", "profile.release.codegen-units=1"]);
        assert_eq!(missing(&Table::new()).len(), SETTINGS.len() * 2);
    }
}
