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
mod node;
mod origin;
mod payload;
mod plain;
mod protobuf;
#[cfg(test)]
mod tests;

use std::fmt;

pub use origin::Origin;
pub use plain::{Plain, plain};

/// A plugin in a file.
#[derive(Clone, Debug)]
pub struct Deployed {
    /// What configures it.
    pub kind: Kind,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its root id, if it has one.
    pub root_id: Option<String>,
    /// Its module's path or address, or its image's reference.
    pub module: Option<String>,
    /// Which filters it is among, if the file says so.
    pub chain: Option<Chain>,
    /// The bytes that the platform gives the filter.
    pub configuration: Result<Vec<u8>, Mistake>,
    /// Its place in the file, such as `spec.wasm[0]`.
    pub place: String,
    /// Where it begins.
    pub start: Position,
    /// Where the parts of the configuration are in the file.
    pub origin: Origin,
    /// What is wrong with the plugin otherwise.
    pub mistakes: Vec<Mistake>,
}

/// What configures a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Envoy's own configuration: all of it, or a part.
    Envoy,
    /// Istio's `EnvoyFilter`.
    EnvoyFilter,
    /// Istio's `WasmPlugin`.
    WasmPlugin,
    /// Istio's `TrafficExtension`.
    TrafficExtension,
    /// Envoy Gateway's `EnvoyExtensionPolicy`.
    EnvoyExtensionPolicy,
}

/// The filters of a listener among which a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// HTTP filters.
    Http,
    /// Network filters, for TCP.
    Network,
}

/// A position in a text. Both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub position: Position,
    /// What is wrong, and the cure.
    pub message: String,
}

/// A text is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// Where the parser noticed it.
    pub position: Option<Position>,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SyntaxError {}

/// Finds every plugin in a file, which is JSON or YAML with one or more documents.
///
/// # Errors
/// The text is not YAML, of which JSON is a part.
pub fn plugins(text: &str) -> Result<Vec<Deployed>, SyntaxError> {
    Ok(find::all(text, &node::parse(text)?))
}

/// Returns whether a file is one of Envoy's or of Kubernetes, and not a filter's configuration.
pub fn is_deployed(text: &str) -> bool {
    node::parse(text).is_ok_and(|documents| documents.iter().any(find::is_deployed))
}

impl Deployed {
    /// Returns which of these filters the plugin runs: the one that the module's file or image, its directory, the root id
    /// or the name says.
    pub fn filter<'a>(&self, filters: &[&'a str]) -> Option<&'a str> {
        let module = self.module.as_deref().unwrap_or_default();
        // `oci://registry:5000/acme/my-filter:0.1.0@sha256:...`, or `/filters/my-filter.wasm`.
        let mut parts = module.split('@').next().unwrap_or_default().rsplit('/');
        let last = parts.next().unwrap_or_default();
        let last = last.split(':').next().unwrap_or_default();
        let names = [
            Some(last.strip_suffix(".wasm").unwrap_or(last)),
            parts.next(),
            self.root_id.as_deref(),
            self.name.as_deref(),
        ];
        names.into_iter().flatten().find_map(|name| filters.iter().find(|filter| **filter == name)).copied()
    }
}

/// Shows the name that its platform uses.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Envoy => "Envoy",
            Self::EnvoyFilter => "EnvoyFilter",
            Self::WasmPlugin => "WasmPlugin",
            Self::TrafficExtension => "TrafficExtension",
            Self::EnvoyExtensionPolicy => "EnvoyExtensionPolicy",
        })
    }
}
