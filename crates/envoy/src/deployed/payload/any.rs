//! Envoy's `configuration`, an `Any`: a message of any type.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

use super::Payload;
use crate::deployed::node::{Node, Value};
use crate::deployed::origin::Origin;
use crate::deployed::position::{Mistake, Position};
use crate::deployed::protobuf;

/// Before the name of a type.
const PREFIX: &str = "type.googleapis.com/";

/// Returns what Envoy gives a plugin for its `configuration`: texts and bytes as they are, every other message serialized.
/// Envoy reads some numbers of its YAML as texts, which those do not who send it messages.
pub(in crate::deployed) fn of_any(file: &str, any: &Node, is_read_by_envoy: bool) -> Payload {
    match Any::read(any) {
        Ok(None) => Payload { bytes: Ok(Vec::new()), origin: Origin::of_tree(any) },
        Ok(Some(message)) => {
            let is_json = file.trim_start().starts_with('{');
            message.payload(file, (is_read_by_envoy && !is_json).then_some(file))
        }
        Err(mistake) => Payload { bytes: Err(mistake), origin: Origin::of_tree(any) },
    }
}

/// A message with its type.
struct Any<'a> {
    node: &'a Node,
    /// The type's address, as the file has it.
    url: &'a str,
    /// Where the type is.
    start: Position,
    value: Option<&'a Node>,
}

impl<'a> Any<'a> {
    /// Reads a message. Returns `None` for `null`.
    fn read(node: &'a Node) -> Result<Option<Self>, Mistake> {
        let wrong = |message| Err(Mistake { position: node.start, message });
        match (&node.value, node.field(&["@type"])) {
            (Value::Null, _) => Ok(None),
            (Value::Map(_), Some(kind)) => Ok(Some(Self {
                node,
                url: node.text(&["@type"]).unwrap_or_default(),
                start: kind.node.start,
                value: node.field(&["value"]).map(|field| &field.node),
            })),
            (Value::Map(_), None) => wrong(format!(
                "`@type` is missing: add `\"@type\": {PREFIX}google.protobuf.StringValue`, and give the configuration as `value`"
            )),
            _ => wrong(format!(
                "Envoy expects an object with `@type`: write `\"@type\": {PREFIX}google.protobuf.StringValue` and the configuration as `value`"
            )),
        }
    }

    /// Returns the type without what is before its name.
    fn name(&self) -> &'a str {
        self.url.rsplit('/').next().filter(|_| self.url.contains('/')).unwrap_or_default()
    }

    /// Returns what a plugin gets. `spelled` is the file if its numbers count as they are written.
    fn payload(&self, file: &str, spelled: Option<&str>) -> Payload {
        let (bytes, origin) = match self.name() {
            "google.protobuf.StringValue" => return self.string(file),
            "google.protobuf.BytesValue" => (self.bytes(), None),
            "google.protobuf.Struct" => (self.structure(spelled), self.value),
            "xds.type.v3.TypedStruct" | "udpa.type.v1.TypedStruct" => (self.typed_structure(spelled), self.value),
            _ => (
                Err(self.wrong_type(format!(
                    "`{}` is not a type that a filter can read: use {PREFIX}google.protobuf.StringValue with JSON as text, or {PREFIX}google.protobuf.Struct",
                    self.url
                ))),
                None,
            ),
        };
        let origin = origin.filter(|_| bytes.is_ok()).unwrap_or(self.node);
        Payload { bytes, origin: Origin::of_tree(origin) }
    }

    fn string(&self, file: &str) -> Payload {
        let bytes = match self.value.map(|node| (node, &node.value)) {
            None => Ok(Vec::new()),
            Some((node, Value::Text(text))) => {
                let origin = Origin::of_text(file, node, text);
                return Payload { bytes: Ok(text.clone().into_bytes()), origin };
            }
            Some((_, Value::Map(_) | Value::List(_))) => Err(self.expected(&format!(
                "text: write the configuration as JSON after `|`, or use `{PREFIX}google.protobuf.Struct`"
            ))),
            Some(_) => Err(self.expected("text: put it in quotes")),
        };
        Payload { bytes, origin: Origin::of_tree(self.node) }
    }

    fn bytes(&self) -> Result<Vec<u8>, Mistake> {
        match self.value.map(|node| &node.value) {
            None => Ok(Vec::new()),
            Some(Value::Text(text)) => {
                from_base64(text).ok_or_else(|| self.expected("base64, and this is not"))
            }
            Some(_) => Err(self.expected("base64, in quotes")),
        }
    }

    fn structure(&self, spelled: Option<&str>) -> Result<Vec<u8>, Mistake> {
        match self.value.map(|node| &node.value) {
            Some(Value::Map(fields)) => Ok(protobuf::structure(fields, spelled)),
            Some(_) => Err(self.expected("an object")),
            None => Err(self.wrong_type(
                "a `google.protobuf.Struct` has its fields in `value`: indent the configuration below it"
                    .into(),
            )),
        }
    }

    fn typed_structure(&self, spelled: Option<&str>) -> Result<Vec<u8>, Mistake> {
        let Some(Value::Map(fields)) = self.value.map(|node| &node.value) else {
            return Err(self.expected("an object"));
        };
        let url = self.node.text(&["type_url", "typeUrl"]).unwrap_or_default();
        Ok(protobuf::typed(url, fields, spelled))
    }

    fn wrong_type(&self, message: String) -> Mistake {
        Mistake { position: self.start, message }
    }

    fn expected(&self, what: &str) -> Mistake {
        let position = self.value.map_or(self.start, |value| value.start);
        Mistake { position, message: format!("`value` of a `{}` is {what}", self.name()) }
    }
}

/// Decodes what protobuf's JSON form allows: both alphabets, with or without padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let encodings = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
    encodings.iter().find_map(|encoding| encoding.decode(text.as_bytes()).ok())
}
