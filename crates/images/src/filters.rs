//! The filters that there are to publish, and what is said of them.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use testbed::parts;

/// A filter, built.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The name of its folder.
    pub name: String,
    /// A sentence.
    pub description: String,
    /// The module.
    pub wasm: Vec<u8>,
}

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    description: String,
}

/// All of them, or the one of this name, as `just build` left them.
///
/// # Errors
/// There is none of this name, or one is not built.
pub fn built(only: Option<&str>) -> Result<Vec<Filter>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(parts::root().join("filters"))? {
        let manifest = entry?.path().join("Cargo.toml");
        // What else lies there is none.
        let Ok(text) = fs::read_to_string(&manifest) else { continue };
        let Manifest { package } = toml::from_str(&text).with_context(|| manifest.display().to_string())?;
        let Package { name, description } = package;
        if only.is_none_or(|only| only == name) {
            let path = parts::filter(&name);
            let wasm = fs::read(&path)
                .with_context(|| format!("{} is missing: run `just build`", path.display()))?;
            all.push(Filter { name, description, wasm });
        }
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    ensure!(!all.is_empty(), "there is no filter `{}`: `ls filters` shows them", only.unwrap_or_default());
    Ok(all)
}

/// The version of all of them.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
