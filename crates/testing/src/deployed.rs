//! Finds the configurations of a filter in files that people deploy.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Returns every configuration of a filter in the YAML files below a directory: Envoy files, EnvoyFilter, WasmPlugin and
/// EnvoyExtensionPolicy resources.
///
/// # Panics
/// A file is not readable YAML, or no file configures the filter.
pub fn deployed_configurations(directory: &str, filter: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(Path::new(directory), filter, &mut found);
    assert!(!found.is_empty(), "no file of {directory} configures {filter}");
    found
}

fn collect(directory: &Path, filter: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, filter, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            match serde_saphyr::from_str(&text) {
                Ok(document) => configurations(&document, filter, found),
                Err(error) => panic!("{} is not YAML: {error}", path.display()),
            }
        }
    }
}

fn configurations(value: &Value, filter: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            // Istio's, Envoy Gateway's, and Envoy's own.
            for (name, configuration) in [("pluginName", "pluginConfig"), ("rootID", "config")] {
                if let Some(configuration) = fields.get(configuration).filter(|_| value[name] == filter) {
                    found.push(configuration.to_string());
                }
            }
            if let Some(text) =
                value["configuration"]["value"].as_str().filter(|_| value["root_id"] == filter)
            {
                found.push(text.to_owned());
            }
            fields.values().for_each(|field| configurations(field, filter, found));
        }
        Value::Array(items) => items.iter().for_each(|item| configurations(item, filter, found)),
        _ => {}
    }
}
