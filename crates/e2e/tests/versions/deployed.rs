//! The filters of `deploy/envoy`, out of their files.

use std::fs;

use anyhow::{Context, Result};
use harness::bootstrap::Filter;
use harness::{deployed, parts};
use serde_json::Value;

/// Returns each filter by name, as its file configures it but for a text of its configuration.
pub(crate) fn filters(text: &str, replacement: &str) -> Result<Vec<(String, Filter)>> {
    let of = |name: String| {
        let path = parts::root().join("deploy/envoy").join(&name).with_extension("yaml");
        let yaml = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let modules = format!("{}/", parts::filters().display());
        let yaml = yaml.replace(deployed::MODULES, &modules).replace(text, replacement);
        let filter = find(&serde_saphyr::from_str(&yaml)?);
        Ok((name, Filter::Native(filter.with_context(|| format!("{} has no filter", path.display()))?)))
    };
    parts::filter_names()?.into_iter().map(of).collect()
}

/// Returns whether this is an HTTP filter.
pub(crate) fn is_http(filter: &Filter) -> bool {
    matches!(filter, Filter::Native(json) if json["name"] == "envoy.filters.http.wasm")
}

/// Finds a Wasm filter in a part of a configuration.
fn find(part: &Value) -> Option<Value> {
    let is_filter = part["name"].as_str().is_some_and(|name| name.ends_with(".wasm"));
    match part {
        Value::Object(_) if is_filter => Some(part.clone()),
        Value::Object(fields) => fields.values().find_map(find),
        Value::Array(items) => items.iter().find_map(find),
        _ => None,
    }
}
