//! A plugin in a file.

use std::fmt;

use super::origin::Origin;
use super::position::{Mistake, Position};
use super::spelling::nearest;
use crate::chain::Chain;

/// A plugin in a file.
#[derive(Clone, Debug)]
pub struct DeployedPlugin {
    /// What configures it.
    pub kind: Kind,
    /// The name of the Kubernetes resource that it is in, if it has one.
    pub resource: Option<String>,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its root id, if it has one.
    pub root_id: Option<String>,
    /// Its module's path or address, or its image's reference.
    pub module: Option<String>,
    /// The chain in which its filter is, if the file says so.
    pub chain: Option<Chain>,
    /// The bytes that the platform gives the filter.
    pub configuration: Result<Vec<u8>, Mistake>,
    /// Its place in the file, such as `spec.wasm[0]`.
    pub place: String,
    /// Where it begins.
    pub start: Position,
    /// Where the parts of the configuration are in the file.
    pub origin: Origin,
    /// The only capabilities that Envoy allows its module. `None` without such a list: Envoy allows all.
    pub allowed: Option<Allowed>,
    /// What is wrong with the plugin otherwise.
    pub mistakes: Vec<Mistake>,
}

/// The capabilities that Envoy allows a module: hostcalls, functions of WASI and callbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Their names. If there are none, Envoy allows all.
    pub names: Vec<String>,
    /// Where the first of them, or the empty list, is in the file.
    pub start: Position,
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

impl DeployedPlugin {
    /// Replaces all positions, which are those of a text within the file.
    pub(super) fn move_by(&mut self, moved: &impl Fn(Position) -> Position) {
        self.start = moved(self.start);
        self.origin.move_by(moved);
        if let Some(allowed) = &mut self.allowed {
            allowed.start = moved(allowed.start);
        }
        for mistake in self.mistakes.iter_mut().chain(self.configuration.as_mut().err()) {
            mistake.position = moved(mistake.position);
        }
    }

    /// Returns which of these filters the plugin runs: the one that the module's file or image, its directory, the root id
    /// or the name says.
    pub fn filter<'a>(&self, filters: &[&'a str]) -> Option<&'a str> {
        self.names().find_map(|name| filters.iter().find(|filter| **filter == name)).copied()
    }

    /// Returns a name of the plugin or its module that is nearly that of a filter, and the filter.
    pub fn nearly<'a>(&self, filters: &[&'a str]) -> Option<(&str, &'a str)> {
        self.names().find_map(|name| Some((name, nearest(name, filters)?)))
    }

    /// Returns what people call it: the resource if it has one plugin, or the plugin's name, root id or module.
    pub fn title(&self) -> Option<&str> {
        let is_resource = matches!(self.kind, Kind::WasmPlugin | Kind::TrafficExtension);
        let resource = self.resource.as_deref().filter(|_| is_resource);
        resource.or(self.name.as_deref()).or(self.root_id.as_deref()).or(self.module.as_deref())
    }

    /// Returns the names that may be its filter's: of the module's file or image, of its directory, the root id, the name.
    fn names(&self) -> impl Iterator<Item = &str> {
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
        names.into_iter().flatten()
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
