//! The bytes that a platform gives a plugin.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use super::node::{Field, Node, Value};
use super::origin::Origin;
use super::position::Mistake;
use super::protobuf;

/// Before the name of a type.
const PREFIX: &str = "type.googleapis.com/";

/// What a plugin gets, and where it is in the file.
pub(super) struct Payload {
    pub(super) bytes: Result<Vec<u8>, Mistake>,
    pub(super) origin: Origin,
}

/// Returns what Envoy gives a plugin for its `configuration`, an `Any`: texts and bytes as they are, every other message
/// serialized. Envoy reads some numbers of its YAML as texts, which those do who send it messages.
pub(super) fn of_any(file: &str, any: &Node, is_read_by_envoy: bool) -> Payload {
    let is_json = file.trim_start().starts_with('{');
    let spelled = (is_read_by_envoy && !is_json).then_some(file);
    let origin = Origin::of_tree(any);
    let wrong = |position, message: String| Payload {
        bytes: Err(Mistake { position, message }),
        origin: origin.clone(),
    };
    let Value::Map(_) = any.value else {
        return match any.value {
            Value::Null => Payload { bytes: Ok(Vec::new()), origin },
            _ => wrong(
                any.start,
                format!(
                    "Envoy expects an object with `@type`: write `\"@type\": {PREFIX}google.protobuf.StringValue` and the configuration as `value`"
                ),
            ),
        };
    };
    let Some(kind) = any.field(&["@type"]) else {
        return wrong(
            any.start,
            format!(
                "`@type` is missing: add `\"@type\": {PREFIX}google.protobuf.StringValue`, and give the configuration as `value`"
            ),
        );
    };
    let url = any.text(&["@type"]).unwrap_or_default();
    let name = url.rsplit('/').next().filter(|_| url.contains('/')).unwrap_or_default();
    let value = any.field(&["value"]);
    let expected = |what: &str| {
        let position = value.map_or(kind.node.start, |value| value.node.start);
        wrong(position, format!("`value` of a `{name}` is {what}"))
    };
    match (name, value.map(|value| &value.node)) {
        ("google.protobuf.StringValue" | "google.protobuf.BytesValue", None) => {
            Payload { bytes: Ok(Vec::new()), origin }
        }
        ("google.protobuf.StringValue", Some(node)) => match &node.value {
            Value::Text(text) => {
                Payload { bytes: Ok(text.clone().into_bytes()), origin: Origin::of_text(file, node, text) }
            }
            Value::Map(_) | Value::List(_) => expected(&format!(
                "text: write the configuration as JSON after `|`, or use `{PREFIX}google.protobuf.Struct`"
            )),
            _ => expected("text: put it in quotes"),
        },
        ("google.protobuf.BytesValue", Some(Node { value: Value::Text(text), .. })) => {
            match from_base64(text) {
                Some(bytes) => Payload { bytes: Ok(bytes), origin },
                None => expected("base64, and this is not"),
            }
        }
        ("google.protobuf.BytesValue", Some(_)) => expected("base64, in quotes"),
        ("google.protobuf.Struct", Some(node)) => match &node.value {
            Value::Map(fields) => {
                Payload { bytes: Ok(protobuf::structure(fields, spelled)), origin: Origin::of_tree(node) }
            }
            _ => expected("an object"),
        },
        ("google.protobuf.Struct", None) => wrong(
            kind.node.start,
            "a `google.protobuf.Struct` has its fields in `value`: indent the configuration below it".into(),
        ),
        (
            "xds.type.v3.TypedStruct" | "udpa.type.v1.TypedStruct",
            Some(node @ Node { value: Value::Map(fields), .. }),
        ) => {
            let url = any.text(&["type_url", "typeUrl"]).unwrap_or_default();
            Payload { bytes: Ok(protobuf::typed(url, fields, spelled)), origin: Origin::of_tree(node) }
        }
        ("xds.type.v3.TypedStruct" | "udpa.type.v1.TypedStruct", _) => expected("an object"),
        _ => wrong(
            kind.node.start,
            format!(
                "`{url}` is not a type that a filter can read: use {PREFIX}google.protobuf.StringValue with JSON as text, or {PREFIX}google.protobuf.Struct"
            ),
        ),
    }
}

/// Decodes what protobuf's JSON form allows: both alphabets, with or without padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let encodings = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
    encodings.iter().find_map(|encoding| encoding.decode(text.as_bytes()).ok())
}

/// Returns what Istio or Envoy Gateway give a plugin: the object as JSON text.
pub(super) fn of_object(field: &Field, is_empty_absent: bool) -> Payload {
    let node = &field.node;
    let origin = Origin::of_tree(node);
    let bytes = match &node.value {
        Value::Null => Ok(Vec::new()),
        Value::Map(fields) if fields.is_empty() && is_empty_absent => Ok(Vec::new()),
        Value::Map(_) => Ok(node.json().to_string().into_bytes()),
        _ if is_empty_absent => Err(Mistake {
            position: node.start,
            message: format!("`{}` is an object: write the fields of the configuration below it", field.name),
        }),
        // Envoy Gateway takes any JSON.
        _ => Ok(node.json().to_string().into_bytes()),
    };
    Payload { bytes, origin }
}
