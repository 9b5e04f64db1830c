//! Envoy Gateway's resource.

use super::fields::{deployed, join, owned};
use crate::chain::Chain;
use crate::deployed::known;
use crate::deployed::node::{Node, Value};
use crate::deployed::payload;
use crate::deployed::plugin::{DeployedPlugin, Kind};

/// Reads a resource, which has a list of plugins.
pub(super) fn plugins(node: &Node, place: &str) -> Vec<DeployedPlugin> {
    let wasm = node.field(&["spec"]).and_then(|spec| spec.node.field(&["wasm"]));
    let Some(Value::List(plugins)) = wasm.map(|field| &field.node.value) else { return Vec::new() };
    let place = join(place, "spec.wasm");
    plugins.iter().enumerate().map(|(at, node)| plugin(node, &format!("{place}[{at}]"))).collect()
}

fn plugin(node: &Node, place: &str) -> DeployedPlugin {
    let payload = node.field(&["config"]).map(payload::of_envoy_gateway);
    let code = node.field(&["code"]).map(|field| &field.node);
    let url = |name: &str| code?.field(&[name])?.node.text(&["url"]);
    DeployedPlugin {
        kind: Kind::EnvoyExtensionPolicy,
        name: owned(node.text(&["name"])),
        root_id: owned(node.text(&["rootID"])),
        module: owned(url("image").or_else(|| url("http"))),
        chain: Some(Chain::Http),
        mistakes: known::EXTENSION_POLICY_WASM.mistakes(node),
        ..deployed(payload, node, place)
    }
}
