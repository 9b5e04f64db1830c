//! The shapes in which plugins appear in files.

use super::fields::{self, Known};
use super::node::{self, Field, Node, Value};
use super::origin::Origin;
use super::payload::{self, Payload};
use super::plugin::{Chain, Deployed, Kind};

/// A part of a file, and what is known of it from the parts around it.
struct Finder<'a> {
    file: &'a str,
    kind: Kind,
    chain: Option<Chain>,
    /// The name of the Kubernetes resource.
    resource: Option<String>,
    found: Vec<Deployed>,
}

/// Fields that a filter's configuration does not have, and every file of a platform has.
const OF_PLATFORMS: [&str; 6] =
    ["@type", "apiVersion", "static_resources", "dynamic_resources", "typed_config", "typedConfig"];

/// Returns whether a document belongs to a platform.
pub(super) fn is_deployed(node: &Node) -> bool {
    match &node.value {
        Value::List(items) => items.iter().any(is_deployed),
        Value::Map(fields) => {
            node.field(&OF_PLATFORMS).is_some() || fields.iter().any(|field| is_deployed(&field.node))
        }
        _ => false,
    }
}

/// Finds the plugins of all documents.
pub(super) fn all(file: &str, documents: &[Node]) -> Vec<Deployed> {
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
            self.resource =
                owned(node.field(&["metadata"]).and_then(|metadata| metadata.node.text(&["name"])));
        }
        match node.text(&["kind"]).filter(|_| node.field(&["apiVersion"]).is_some()) {
            Some("WasmPlugin") => return self.istio(Kind::WasmPlugin, node, &["spec"], place),
            Some("TrafficExtension") => {
                return self.istio(Kind::TrafficExtension, node, &["spec", "wasm"], place);
            }
            Some("EnvoyExtensionPolicy") => return self.gateway(node, place),
            Some("ConfigMap") => return self.config_map(node, place),
            Some("EnvoyFilter") => self.kind = Kind::EnvoyFilter,
            _ => {}
        }
        let is_plugin = node.field(&["vm_config", "vmConfig", "root_id", "rootId"]).is_some();
        if is_plugin {
            return self.plugin(node, place);
        }
        let before = self.chain;
        // In a TypedStruct, `type_url` is the type of the filter.
        let kinds = [node.text(&["@type"]), node.text(&["type_url", "typeUrl"])];
        for kind in kinds.into_iter().flatten() {
            self.chain = match kind.rsplit('/').next() {
                Some("envoy.extensions.filters.http.wasm.v3.Wasm") => Some(Chain::Http),
                Some("envoy.extensions.filters.network.wasm.v3.Wasm") => Some(Chain::Network),
                _ => self.chain,
            };
        }
        for field in fields {
            self.any(&field.node, &join(place, &field.name));
        }
        self.chain = before;
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

    /// Envoy's `PluginConfig`.
    fn plugin(&mut self, node: &Node, place: &str) {
        let empty = || Payload { bytes: Ok(Vec::new()), origin: Origin::of_tree(node) };
        let is_read_by_envoy = self.kind == Kind::Envoy;
        let of_any = |field: &Field| payload::of_any(self.file, &field.node, is_read_by_envoy);
        let payload = node.field(&["configuration"]).map(of_any);
        let code = node.field(&["vm_config", "vmConfig"]).and_then(|vm| vm.node.field(&["code"]));
        let local = code.and_then(|code| code.node.field(&["local"])?.node.text(&["filename"]));
        let remote =
            || code?.node.field(&["remote"])?.node.field(&["http_uri", "httpUri"])?.node.text(&["uri"]);
        self.found.push(Deployed {
            kind: self.kind,
            name: owned(node.text(&["name"])),
            root_id: owned(node.text(&["root_id", "rootId"])),
            module: owned(local.or_else(remote)),
            chain: self.chain,
            mistakes: fields::PLUGIN_CONFIG.mistakes(node),
            ..self.deployed(payload.unwrap_or_else(empty), node, place)
        });
    }

    /// Istio's resources. What they say of a plugin is at a path below the root.
    fn istio(&mut self, kind: Kind, node: &Node, path: &[&str], place: &str) {
        let spec = path.iter().try_fold(node, |node, name| Some(&node.field(&[name])?.node));
        let Some(spec) = spec else { return };
        let known: &Known =
            if kind == Kind::WasmPlugin { &fields::WASM_PLUGIN } else { &fields::TRAFFIC_EXTENSION_WASM };
        let empty = || Payload { bytes: Ok(Vec::new()), origin: Origin::of_tree(spec) };
        let payload = spec.field(&["pluginConfig"]).map(|field| payload::of_object(field, true));
        let name = owned(spec.text(&["pluginName"]));
        let mut mistakes = known.mistakes(spec);
        if let (Kind::TrafficExtension, Some(around)) = (kind, node.field(&["spec"])) {
            mistakes.extend(fields::TRAFFIC_EXTENSION.mistakes(&around.node));
        }
        let chain = match spec.text(&["type"]) {
            Some("NETWORK") => Chain::Network,
            _ => Chain::Http,
        };
        self.found.push(Deployed {
            kind,
            root_id: name.clone(),
            name,
            module: owned(spec.text(&["url"])),
            chain: Some(chain),
            mistakes,
            ..self.deployed(
                payload.unwrap_or_else(empty),
                spec,
                &path.iter().fold(place.to_owned(), |place, name| join(&place, name)),
            )
        });
    }

    /// Envoy Gateway's resource, which has a list of plugins.
    fn gateway(&mut self, node: &Node, place: &str) {
        let wasm = node.field(&["spec"]).and_then(|spec| spec.node.field(&["wasm"]));
        let Some(Value::List(plugins)) = wasm.map(|field| &field.node.value) else { return };
        for (at, plugin) in plugins.iter().enumerate() {
            let empty = || Payload { bytes: Ok(Vec::new()), origin: Origin::of_tree(plugin) };
            let payload = plugin.field(&["config"]).map(|field| payload::of_object(field, false));
            let code = plugin.field(&["code"]).map(|field| &field.node);
            let url = |name: &str| code?.field(&[name])?.node.text(&["url"]);
            self.found.push(Deployed {
                kind: Kind::EnvoyExtensionPolicy,
                name: owned(plugin.text(&["name"])),
                root_id: owned(plugin.text(&["rootID"])),
                module: owned(url("image").or_else(|| url("http"))),
                chain: Some(Chain::Http),
                mistakes: fields::EXTENSION_POLICY_WASM.mistakes(plugin),
                ..self.deployed(
                    payload.unwrap_or_else(empty),
                    plugin,
                    &format!("{}[{at}]", join(place, "spec.wasm")),
                )
            });
        }
    }

    /// A plugin of which only the configuration is known.
    fn deployed(&self, Payload { bytes, origin }: Payload, node: &Node, place: &str) -> Deployed {
        Deployed {
            kind: Kind::Envoy,
            resource: self.resource.clone(),
            name: None,
            root_id: None,
            module: None,
            chain: None,
            configuration: bytes,
            place: place.to_owned(),
            start: node.start,
            origin,
            mistakes: Vec::new(),
        }
    }
}

fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
