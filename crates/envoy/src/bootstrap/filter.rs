//! A filter in a listener's chain.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

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
        Self::Wasm { module: name.into(), file: file.into(), configuration, names: None }
    }

    /// Sets the plugin's name and its VM's id. Has no effect on Envoy's own filters.
    #[must_use]
    pub fn named(mut self, name: &str, vm_id: &str) -> Self {
        if let Self::Wasm { names, .. } = &mut self {
            *names = Some((name.into(), vm_id.into()));
        }
        self
    }

    /// Converts the filter to JSON. `listener` makes the plugin's name unique, as plugins of one VM require.
    pub(super) fn to_json(&self, listener: &str, kind: &str) -> Value {
        let (module, file, configuration, names) = match self {
            Self::Native(filter) => return filter.clone(),
            Self::Wasm { module, file, configuration, names } => (module, file, configuration, names),
        };
        let derived = || (format!("{listener}-{module}"), module.clone());
        let (name, vm_id) = names.clone().unwrap_or_else(derived);
        json!({
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
        })
    }
}
