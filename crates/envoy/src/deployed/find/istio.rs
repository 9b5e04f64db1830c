//! Istio's resources.

use super::fields::{deployed, join, owned};
use crate::chain::Chain;
use crate::deployed::known;
use crate::deployed::node::Node;
use crate::deployed::payload;
use crate::deployed::plugin::{DeployedPlugin, Kind};

/// Reads a resource. What it says of the plugin is at a path below the root.
pub(super) fn plugin(kind: Kind, node: &Node, path: &[&str], place: &str) -> Option<DeployedPlugin> {
    let spec = path.iter().try_fold(node, |node, name| Some(&node.field(&[name])?.node))?;
    let place = path.iter().fold(place.to_owned(), |place, name| join(&place, name));
    let payload = spec.field(&["pluginConfig"]).map(payload::of_istio);
    let name = owned(spec.text(&["pluginName"]));
    let known = if kind == Kind::WasmPlugin { &known::WASM_PLUGIN } else { &known::TRAFFIC_EXTENSION_WASM };
    let mut mistakes = known.mistakes(spec);
    if let (Kind::TrafficExtension, Some(around)) = (kind, node.field(&["spec"])) {
        mistakes.extend(known::TRAFFIC_EXTENSION.mistakes(&around.node));
    }
    let chain = match spec.text(&["type"]) {
        Some("NETWORK") => Chain::Tcp,
        _ => Chain::Http,
    };
    Some(DeployedPlugin {
        kind,
        root_id: name.clone(),
        name,
        module: owned(spec.text(&["url"])),
        chain: Some(chain),
        mistakes,
        ..deployed(payload, spec, &place)
    })
}
