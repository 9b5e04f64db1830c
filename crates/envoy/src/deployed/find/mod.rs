//! The shapes in which plugins appear in files.

mod envoy;
mod envoy_gateway;
mod fields;
mod istio;

use super::node::{self, Field, Node, Value};
use super::origin::Origin;
use super::plugin::{DeployedPlugin, Kind};
use crate::chain::Chain;
use fields::{join, owned};

/// A part of a file, and what is known of it from the parts around it.
struct Finder<'a> {
    file: &'a str,
    kind: Kind,
    chain: Option<Chain>,
    /// The name of the Kubernetes resource.
    resource: Option<String>,
    found: Vec<DeployedPlugin>,
}

/// Fields that a filter's configuration does not have, and every file of a platform has.
const PLATFORM_FIELDS: [&str; 6] =
    ["@type", "apiVersion", "static_resources", "dynamic_resources", "typed_config", "typedConfig"];

/// Returns whether a document belongs to a platform.
pub(super) fn is_deployed(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(is_deployed),
        Value::Map(fields) => {
            node.field(&PLATFORM_FIELDS).is_some() || fields.iter().any(|field| is_deployed(&field.node))
        }
        _ => false,
    }
}

/// Finds the plugins of all documents.
pub(super) fn all(file: &str, documents: &[Node]) -> Vec<DeployedPlugin> {
    let mut finder = Finder { file, kind: Kind::Envoy, chain: None, resource: None, found: Vec::new() };
    for (at, document) in documents.iter().enumerate() {
        (finder.kind, finder.resource) = (Kind::Envoy, None);
        // Two documents may have plugins at the same place.
        let place = if documents.len() > 1 { format!("documents[{at}]") } else { String::new() };
        finder.any(document, &place);
    }
    finder.found
}

impl Finder<'_> {
    fn any(&mut self, node: &Node, place: &str) {
        match &node.value {
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.any(item, &format!("{place}[{at}]"));
                }
            }
            Value::Map(fields) => self.map(node, fields, place),
            _ => {}
        }
    }

    fn map(&mut self, node: &Node, fields: &[Field], place: &str) {
        if node.field(&["apiVersion"]).is_some() {
            let metadata = node.field(&["metadata"]);
            self.resource = owned(metadata.and_then(|metadata| metadata.node.text(&["name"])));
        }
        match node.text(&["kind"]).filter(|_| node.field(&["apiVersion"]).is_some()) {
            Some("WasmPlugin") => {
                return self.add(istio::plugin(Kind::WasmPlugin, node, &["spec"], place));
            }
            Some("TrafficExtension") => {
                let path = ["spec", "wasm"];
                return self.add(istio::plugin(Kind::TrafficExtension, node, &path, place));
            }
            Some("EnvoyExtensionPolicy") => return self.add(envoy_gateway::plugins(node, place)),
            Some("ConfigMap") => return self.config_map(node, place),
            Some("EnvoyFilter") => self.kind = Kind::EnvoyFilter,
            _ => {}
        }
        let is_plugin = node.field(&["vm_config", "vmConfig", "root_id", "rootId"]).is_some();
        if is_plugin {
            return self.add([envoy::plugin(self.file, self.kind, self.chain, node, place)]);
        }
        let before = self.chain;
        self.chain = envoy::chain(node).or(before);
        for field in fields {
            self.any(&field.node, &join(place, &field.name));
        }
        self.chain = before;
    }

    /// Adds plugins of the current resource.
    fn add(&mut self, plugins: impl IntoIterator<Item = DeployedPlugin>) {
        let of_resource = |plugin| DeployedPlugin { resource: self.resource.clone(), ..plugin };
        self.found.extend(plugins.into_iter().map(of_resource));
    }

    /// A ConfigMap, in which files of Envoy are texts.
    fn config_map(&mut self, node: &Node, place: &str) {
        let Some(Value::Map(files)) = node.field(&["data"]).map(|data| &data.node.value) else { return };
        for Field { name, node, .. } in files {
            let Value::Text(text) = &node.value else { continue };
            let Ok(documents) = node::parse(text) else { continue };
            let around = Origin::of_text(self.file, node, text);
            let moved = |position| around.of_position(position).unwrap_or(around.start());
            for mut plugin in all(text, &documents) {
                plugin.move_by(&moved);
                plugin.place = join(place, &format!("data.{name}.{}", plugin.place));
                self.found.push(plugin);
            }
        }
    }
}
