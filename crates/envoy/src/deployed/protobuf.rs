//! Encodes YAML as the protobuf messages for it, `google.protobuf.Struct` and `TypedStruct`, as Envoy does.

use super::node::{Field, Node, Value};

/// Encodes the fields of a `google.protobuf.Struct`.
pub(super) fn structure(fields: &[Field]) -> Vec<u8> {
    let entry = |field: &Field| {
        let content = [message(1, field.name.as_bytes()), message(2, &value(&field.node))].concat();
        message(1, &content)
    };
    fields.iter().flat_map(entry).collect()
}

/// Encodes a `TypedStruct`.
pub(super) fn typed(type_url: &str, fields: &[Field]) -> Vec<u8> {
    let url = if type_url.is_empty() { Vec::new() } else { message(1, type_url.as_bytes()) };
    [url, message(2, &structure(fields))].concat()
}

fn value(node: &Node) -> Vec<u8> {
    match &node.value {
        Value::Null => vec![1 << 3, 0],
        Value::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            [[2 << 3 | 1].as_slice(), &number.to_le_bytes()].concat()
        }
        Value::Text(text) => message(3, text.as_bytes()),
        Value::Bool(value) => vec![4 << 3, u8::from(*value)],
        Value::Map(fields) => message(5, &structure(fields)),
        Value::List(items) => {
            message(6, &items.iter().flat_map(|item| message(1, &value(item))).collect::<Vec<_>>())
        }
    }
}

/// Encodes a field whose content has a length.
fn message(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = content.len();
    while length >= 0x80 {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or_default());
    bytes.extend(content);
    bytes
}
