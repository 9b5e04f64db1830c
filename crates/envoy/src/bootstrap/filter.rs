//! A filter in a listener's chain.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// A filter in a listener's chain.
#[derive(Clone, Debug)]
pub enum Filter {
    /// A Wasm module.
    Wasm {
        /// The module's name.
        module: String,
        /// The module's file.
        file: PathBuf,
        /// The plugin's configuration, with its `@type`.
        configuration: Value,
        /// The plugin's name and its VM's id; by default they are derived from the listener and the module.
        names: Option<(String, String)>,
        /// Other fields of the plugin, as JSON (`envoy.extensions.wasm.v3.PluginConfig`).
        options: Map<String, Value>,
    },
    /// One of Envoy's own filters, as JSON.
    Native(Value),
}

impl Filter {
    /// A module, configured with text. `name` is for messages and statistics.
    pub fn new(name: &str, file: &Path, configuration: &str) -> Self {
        let text =
            json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": configuration});
        Self::configured(name, file, text)
    }

    /// A module, configured with a protobuf message of any type, as JSON with its `@type`.
    pub fn configured(name: &str, file: &Path, configuration: Value) -> Self {
        Self::Wasm { module: name.into(), file: file.into(), configuration, names: None, options: Map::new() }
    }

    /// Sets the plugin's name and its VM's id. Has no effect on Envoy's own filters.
    #[must_use]
    pub fn named(mut self, name: &str, vm_id: &str) -> Self {
        if let Self::Wasm { names, .. } = &mut self {
            *names = Some((name.into(), vm_id.into()));
        }
        self
    }

    /// Sets a field of the plugin, such as `failure_policy`. Has no effect on Envoy's own filters.
    #[must_use]
    pub fn option(mut self, field: &str, value: impl Into<Value>) -> Self {
        if let Self::Wasm { options, .. } = &mut self {
            options.insert(field.into(), value.into());
        }
        self
    }

    /// Converts the filter to JSON. `listener` makes the plugin's name unique, as plugins of one VM require.
    pub(super) fn to_json(&self, listener: &str, kind: &str) -> Value {
        let (module, file, configuration, names, options) = match self {
            Self::Native(filter) => return filter.clone(),
            Self::Wasm { module, file, configuration, names, options } => {
                (module, file, configuration, names, options)
            }
        };
        let derived = || (format!("{listener}-{module}"), module.clone());
        let (name, vm_id) = names.clone().unwrap_or_else(derived);
        let mut filter = json!({
            "name": format!("envoy.filters.{kind}.wasm"),
            "typed_config": {
                "@type": format!("type.googleapis.com/envoy.extensions.filters.{kind}.wasm.v3.Wasm"),
                "config": {
                    "name": name,
                    "root_id": name,
                    "vm_config": {
                        "vm_id": vm_id,
                        "runtime": "envoy.wasm.runtime.v8",
                        "code": {"local": {"filename": file}},
                    },
                    "configuration": configuration,
                },
            },
        });
        for (field, value) in options {
            filter["typed_config"]["config"][field] = value.clone();
        }
        filter
    }
}
