//! What the fields of all platforms have in common.

use crate::deployed::node::Node;
use crate::deployed::origin::Origin;
use crate::deployed::payload::Payload;
use crate::deployed::plugin::{DeployedPlugin, Kind};

/// Returns a plugin of which only the configuration is known. Without one, the filter gets no bytes.
pub(super) fn deployed(payload: Option<Payload>, node: &Node, place: &str) -> DeployedPlugin {
    let empty = || Payload { bytes: Ok(Vec::new()), origin: Origin::of_tree(node) };
    let Payload { bytes, origin } = payload.unwrap_or_else(empty);
    DeployedPlugin {
        kind: Kind::Envoy,
        resource: None,
        name: None,
        root_id: None,
        module: None,
        chain: None,
        configuration: bytes,
        place: place.to_owned(),
        start: node.start,
        origin,
        allowed: None,
        mistakes: Vec::new(),
    }
}

pub(super) fn join(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

pub(super) fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
