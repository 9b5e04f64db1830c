//! Finds the configurations of a filter in files that people deploy.

use std::fs;
use std::path::Path;

use proxy_filter::config::from_protobuf;
use proxy_filter_envoy::deployed::plugins;

/// Returns every configuration of a filter in the YAML files below a directory: Envoy files, EnvoyFilter, WasmPlugin,
/// TrafficExtension and EnvoyExtensionPolicy resources.
///
/// # Panics
/// A file is not readable YAML, a configuration is not one that its platform accepts, or no file configures
/// the filter.
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
            found.extend(of_file(&path, filter));
        }
    }
}

fn of_file(path: &Path, filter: &str) -> Vec<String> {
    let file = path.display();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {file}: {error}"));
    let plugins = plugins(&text).unwrap_or_else(|error| panic!("{file} is not YAML: {error}"));
    let of_filter = plugins.into_iter().filter(|plugin| plugin.root_id.as_deref() == Some(filter));
    of_filter
        .map(|plugin| {
            let bytes = plugin.configuration.unwrap_or_else(|mistake| panic!("{file}: {}", mistake.message));
            // Inline YAML arrives as protobuf, which filters read as JSON.
            let bytes = from_protobuf(&bytes).unwrap_or(bytes);
            String::from_utf8(bytes).unwrap_or_else(|_| panic!("{file}: the configuration is not text"))
        })
        .collect()
}
