//! The filters that there are to publish, and what is said of them.

use std::fs;

use anyhow::{Context, Result, ensure};
use harness::parts;
use serde::Deserialize;

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

impl Filter {
    /// Whether it is one for HTTP, rather than TCP.
    pub fn is_http(&self) -> bool {
        is_http(&self.wasm)
    }
}

/// Whether a module is a filter for HTTP: it names one of the phases that only those have.
pub fn is_http(wasm: &[u8]) -> bool {
    const PHASES: [&[u8]; 2] = [b"proxy_on_request_", b"proxy_on_response_"];
    PHASES.into_iter().any(|phase| wasm.windows(phase.len()).any(|window| window == phase))
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
    for name in parts::filter_names()? {
        let manifest = parts::root().join("filters").join(name).join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
        let Manifest { package } = toml::from_str(&text).with_context(|| manifest.display().to_string())?;
        let Package { name, description } = package;
        if only.is_none_or(|only| only == name) {
            let path = parts::filter(&name);
            let wasm = fs::read(&path)
                .with_context(|| format!("{} is missing: run `just build`", path.display()))?;
            all.push(Filter { name, description, wasm });
        }
    }
    ensure!(!all.is_empty(), "there is no filter `{}`: `ls filters` shows them", only.unwrap_or_default());
    Ok(all)
}

/// The version of all of them.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
