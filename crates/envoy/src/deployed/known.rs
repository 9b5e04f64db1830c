//! The fields and values that platforms know in the objects around a configuration.

use super::node::{Field, Node, Value};
use super::position::Mistake;
use super::spelling::nearest;

/// What a platform knows in an object.
pub(super) struct Known {
    fields: &'static [&'static str],
    /// Names that other platforms have, and the name here.
    misnamed: &'static [(&'static [&'static str], &'static str)],
    /// The fields whose values are words, and these.
    words: &'static [(&'static str, &'static [&'static str])],
    /// Whether this is a message of Envoy: each field has two names, and case does not matter in words, which may be numbers.
    is_message: bool,
}

const PULL_POLICY: (&str, &[&str]) = ("imagePullPolicy", &["UNSPECIFIED_POLICY", "IfNotPresent", "Always"]);
const FAIL_STRATEGY: (&str, &[&str]) = ("failStrategy", &["FAIL_CLOSE", "FAIL_OPEN", "FAIL_RELOAD"]);
const TYPE: (&str, &[&str]) = ("type", &["UNSPECIFIED_PLUGIN_TYPE", "HTTP", "NETWORK"]);

/// Envoy's `PluginConfig`: `envoy/extensions/wasm/v3/wasm.proto`.
pub(super) const PLUGIN_CONFIG: Known = Known {
    fields: &[
        "name",
        "root_id",
        "vm_config",
        "configuration",
        "fail_open",
        "failure_policy",
        "reload_config",
        "capability_restriction_config",
        "allow_on_headers_stop_iteration",
    ],
    misnamed: &[(&["config", "plugin_config", "pluginConfig"], "configuration")],
    words: &[("failure_policy", &["UNSPECIFIED", "FAIL_RELOAD", "FAIL_CLOSED", "FAIL_OPEN"])],
    is_message: true,
};

/// The `spec` of Istio's `WasmPlugin`: `extensions/v1alpha1/wasm.proto`.
pub(super) const WASM_PLUGIN: Known = Known {
    fields: &[
        "selector",
        "targetRef",
        "targetRefs",
        "url",
        "sha256",
        "imagePullPolicy",
        "imagePullSecret",
        "verificationKey",
        "pluginConfig",
        "pluginName",
        "phase",
        "failStrategy",
        "priority",
        "vmConfig",
        "match",
        "type",
    ],
    misnamed: &[(&["config", "configuration", "plugin_config"], "pluginConfig")],
    words: &[PULL_POLICY, FAIL_STRATEGY, TYPE, ("phase", &["UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"])],
    is_message: false,
};

/// The `spec` of Istio's `TrafficExtension`: `extensions/v1alpha1/traffic_extension.proto`.
pub(super) const TRAFFIC_EXTENSION: Known = Known {
    fields: &["selector", "targetRefs", "phase", "priority", "match", "wasm", "lua"],
    misnamed: &[],
    words: &[("phase", &["UNSPECIFIED", "AUTHN", "AUTHZ", "STATS"])],
    is_message: false,
};

/// The `spec.wasm` of it.
pub(super) const TRAFFIC_EXTENSION_WASM: Known = Known {
    fields: &[
        "url",
        "sha256",
        "imagePullPolicy",
        "imagePullSecret",
        "verificationKey",
        "pluginConfig",
        "pluginName",
        "failStrategy",
        "vmConfig",
        "type",
    ],
    misnamed: &[(&["config", "configuration", "plugin_config"], "pluginConfig")],
    words: &[PULL_POLICY, FAIL_STRATEGY, TYPE],
    is_message: false,
};

/// An item of `spec.wasm` of Envoy Gateway's `EnvoyExtensionPolicy`: `api/v1alpha1/wasm_types.go`.
pub(super) const EXTENSION_POLICY_WASM: Known = Known {
    fields: &["name", "rootID", "code", "config", "failOpen", "env"],
    misnamed: &[(&["pluginConfig", "configuration"], "config"), (&["rootId", "root_id"], "rootID")],
    words: &[],
    is_message: false,
};

impl Known {
    /// Finds fields and words that the platform does not know, and ignores or refuses.
    pub(super) fn mistakes(&self, node: &Node) -> Vec<Mistake> {
        let Value::Map(fields) = &node.value else { return Vec::new() };
        fields.iter().filter_map(|field| self.mistake(field)).collect()
    }

    fn mistake(&self, field: &Field) -> Option<Mistake> {
        let name = if self.is_message { snake_case(&field.name) } else { field.name.clone() };
        if !self.fields.contains(&name.as_str()) {
            let right = self.misnamed.iter().find(|(wrong, _)| wrong.contains(&field.name.as_str()));
            let cure = match (right, nearest(&name, self.fields)) {
                (Some((_, right)), _) => format!("here it is called `{right}`"),
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => format!("the fields here are {}", self.fields.join(", ")),
            };
            let message = format!("unknown field `{}`: {cure}", field.name);
            return Some(Mistake { position: field.name_start, message });
        }
        let (_, words) = self.words.iter().find(|(of, _)| *of == name)?;
        let message = match &field.node.value {
            Value::Text(text) if words.contains(&text.as_str()) => return None,
            Value::Text(text)
                if self.is_message && words.iter().any(|word| word.eq_ignore_ascii_case(text)) =>
            {
                return None;
            }
            Value::Null => return None,
            Value::Number(_) if self.is_message => return None,
            Value::Text(text) => {
                format!("unknown value `{text}` of `{}`: it is one of {}", field.name, words.join(", "))
            }
            _ => format!("`{}` is one of {}", field.name, words.join(", ")),
        };
        Some(Mistake { position: field.node.start, message })
    }
}

/// Returns the name of a message's field: `failurePolicy` and `failure_policy` are the same.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
