//! `cargo proxy-filter capabilities`: what a module needs of its host, as Envoy's configuration allows it.

mod field;
pub mod files;
mod page;
mod purposes;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use proxy_filter_module::Capabilities;
use serde_json::{Map, Value, json};

use crate::say;

pub use field::FIELD;

/// Returns the field's value: it allows a module what it needs, without what `denied` names.
pub fn allowed(capabilities: &Capabilities, denied: &[&str]) -> Value {
    let names = capabilities.names().filter(|name| !denied.contains(name));
    let names: Map<_, _> = names.map(|name| (name.to_owned(), json!({}))).collect();
    json!({"allowed_capabilities": names})
}

/// Prints the field of Envoy's plugin configuration that allows a module what it needs, and nothing else.
///
/// # Errors
/// The file cannot be read, or is not a module.
pub fn run(file: &Path) -> Result<()> {
    let wasm = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let capabilities =
        Capabilities::of(&wasm).with_context(|| format!("{} is not a module", file.display()))?;
    say!("{}", field::of(&capabilities, "").trim_end());
    Ok(())
}
