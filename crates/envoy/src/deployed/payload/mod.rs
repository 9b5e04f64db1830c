//! The bytes that a platform gives a plugin.

mod any;

use super::node::{Field, Value};
use super::origin::Origin;
use super::position::Mistake;
pub(super) use any::of_any;

/// What a plugin gets, and where it is in the file.
pub(super) struct Payload {
    pub(super) bytes: Result<Vec<u8>, Mistake>,
    pub(super) origin: Origin,
}

/// Returns what Istio gives a plugin for its `pluginConfig`: the object as JSON text, and no bytes for an empty one.
pub(super) fn of_istio(field: &Field) -> Payload {
    let node = &field.node;
    let bytes = match &node.value {
        Value::Null => Ok(Vec::new()),
        Value::Map(fields) if fields.is_empty() => Ok(Vec::new()),
        Value::Map(_) => Ok(node.json().to_string().into_bytes()),
        _ => Err(Mistake {
            position: node.start,
            message: format!("`{}` is an object: write the fields of the configuration below it", field.name),
        }),
    };
    Payload { bytes, origin: Origin::of_tree(node) }
}

/// Returns what Envoy Gateway gives a plugin for its `config`: any value as JSON text.
pub(super) fn of_envoy_gateway(field: &Field) -> Payload {
    let node = &field.node;
    let bytes = match &node.value {
        Value::Null => Vec::new(),
        _ => node.json().to_string().into_bytes(),
    };
    Payload { bytes: Ok(bytes), origin: Origin::of_tree(node) }
}
