//! Built filters by name, for a listener's chain. As in `deploy/`, they may do what they need, and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use cargo_proxy_filter::capabilities;
use proxy_filter_envoy::bootstrap::Filter;
use proxy_filter_module::Capabilities;
use serde_json::Value;

use crate::parts;

/// What modules that were read need.
static READ: Mutex<BTreeMap<String, Capabilities>> = Mutex::new(BTreeMap::new());

/// Returns a built filter, configured with text.
pub fn filter(name: &str, configuration: &str) -> Filter {
    restricted(name, Filter::new(name, &parts::filter(name), configuration))
}

/// Returns a built filter, configured with a protobuf message of any type, as JSON with its `@type`.
pub fn configured(name: &str, configuration: Value) -> Filter {
    restricted(name, Filter::configured(name, &parts::filter(name), configuration))
}

/// Returns a built filter that may do what it needs but for what `denied` names.
///
/// # Errors
/// The module is not built.
pub fn denied(name: &str, configuration: &str, denied: &[&str]) -> Result<Filter> {
    let allowed = capabilities::allowed(&needs(name)?, denied);
    Ok(filter(name, configuration).option(capabilities::FIELD, allowed))
}

/// A missing module stays unrestricted: Envoy says that it is missing.
fn restricted(name: &str, filter: Filter) -> Filter {
    match needs(name) {
        Ok(needs) => filter.option(capabilities::FIELD, capabilities::allowed(&needs, &[])),
        Err(_) => filter,
    }
}

fn needs(name: &str) -> Result<Capabilities> {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = read.get(name) {
        return Ok(known.clone());
    }
    let path = parts::filter(name);
    let wasm = fs::read(&path).with_context(|| format!("{} is missing: run `just build`", path.display()))?;
    let needs = Capabilities::of(&wasm)?;
    read.insert(name.to_owned(), needs.clone());
    Ok(needs)
}
