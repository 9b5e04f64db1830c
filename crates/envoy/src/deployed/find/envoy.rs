//! Envoy's own configuration.

use super::fields::{deployed, owned};
use crate::chain::Chain;
use crate::deployed::known;
use crate::deployed::node::{Field, Node, Value};
use crate::deployed::payload;
use crate::deployed::plugin::{Allowed, DeployedPlugin, Kind};

/// Returns the chain of the Wasm filter that a message with a type configures.
pub(super) fn chain(node: &Node) -> Option<Chain> {
    // In a TypedStruct, `type_url` is the type of the filter.
    let types = [node.text(&["type_url", "typeUrl"]), node.text(&["@type"])];
    types.into_iter().flatten().find_map(|name| match name.rsplit('/').next() {
        Some("envoy.extensions.filters.http.wasm.v3.Wasm") => Some(Chain::Http),
        Some("envoy.extensions.filters.network.wasm.v3.Wasm") => Some(Chain::Tcp),
        _ => None,
    })
}

/// Reads a `PluginConfig`.
pub(super) fn plugin(
    file: &str,
    kind: Kind,
    chain: Option<Chain>,
    node: &Node,
    place: &str,
) -> DeployedPlugin {
    let is_read_by_envoy = kind == Kind::Envoy;
    let of_any = |field: &Field| payload::of_any(file, &field.node, is_read_by_envoy);
    let payload = node.field(&["configuration"]).map(of_any);
    let code = node.field(&["vm_config", "vmConfig"]).and_then(|vm| vm.node.field(&["code"]));
    let local = code.and_then(|code| code.node.field(&["local"])?.node.text(&["filename"]));
    let remote = || code?.node.field(&["remote"])?.node.field(&["http_uri", "httpUri"])?.node.text(&["uri"]);
    DeployedPlugin {
        kind,
        name: owned(node.text(&["name"])),
        root_id: owned(node.text(&["root_id", "rootId"])),
        module: owned(local.or_else(remote)),
        chain,
        allowed: allowed(node),
        mistakes: known::PLUGIN_CONFIG.mistakes(node),
        ..deployed(payload, node, place)
    }
}

/// Reads what Envoy allows the module.
fn allowed(plugin: &Node) -> Option<Allowed> {
    const RESTRICTION: [&str; 2] = ["capability_restriction_config", "capabilityRestrictionConfig"];
    let of_vm = || plugin.field(&["vm_config", "vmConfig"])?.node.field(&RESTRICTION);
    let restriction = plugin.field(&RESTRICTION).or_else(of_vm)?;
    let list = restriction.node.field(&["allowed_capabilities", "allowedCapabilities"])?;
    let Value::Map(fields) = &list.node.value else { return None };
    let start = fields.first().unwrap_or(list).name_start;
    Some(Allowed { names: fields.iter().map(|field| field.name.clone()).collect(), start })
}
