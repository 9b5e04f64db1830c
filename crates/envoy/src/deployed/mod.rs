//! Finds the configurations of plugins in files that people deploy: Envoy's own, and Kubernetes resources of Istio and Envoy
//! Gateway.
//!
//! ```
//! use proxy_filter_envoy::deployed::{Kind, Position, plugins};
//!
//! let text = "\
//! apiVersion: extensions.istio.io/v1alpha1
//! kind: WasmPlugin
//! spec:
//!   pluginName: my-filter
//!   pluginConfig:
//!     limit: 5
//! ";
//! let found = plugins(text).unwrap();
//! assert_eq!((found[0].kind, found[0].root_id.as_deref()), (Kind::WasmPlugin, Some("my-filter")));
//! assert_eq!(found[0].configuration.as_deref(), Ok(br#"{"limit":5}"#.as_slice()));
//! assert_eq!(found[0].origin.of_value("limit"), Some(Position { line: 6, column: 12 }));
//! ```

mod find;
mod known;
mod node;
mod origin;
mod payload;
mod plain;
mod plugin;
mod position;
mod protobuf;
mod spelling;
#[cfg(test)]
mod tests;

pub use origin::Origin;
pub use plain::{PlainConfiguration, json_or_yaml, plain, yaml};
pub use plugin::{Allowed, DeployedPlugin, Kind};
pub use position::{Mistake, Position, SyntaxError};

/// Finds every plugin in a file, which is JSON or YAML with one or more documents.
///
/// # Errors
/// The text is not YAML, of which JSON is a part.
pub fn plugins(text: &str) -> Result<Vec<DeployedPlugin>, SyntaxError> {
    Ok(find::all(text, &node::parse(text)?))
}

/// Returns whether a file is one of Envoy's or of Kubernetes, and not a filter's configuration.
pub fn is_deployed(text: &str) -> bool {
    node::parse(text).is_ok_and(|documents| documents.iter().any(find::is_deployed))
}
