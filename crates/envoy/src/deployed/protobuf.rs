//! Encodes YAML as the protobuf messages for it, `google.protobuf.Struct` and `TypedStruct`, as Envoy does.

use serde_json::Number;

use super::node::{Field, Node, Value};

/// Encodes the fields of a `google.protobuf.Struct`. `spelled` is the file if Envoy reads it as YAML.
pub(super) fn structure(fields: &[Field], spelled: Option<&str>) -> Vec<u8> {
    let entry = |field: &Field| {
        let content = [message(1, field.name.as_bytes()), message(2, &value(&field.node, spelled))].concat();
        message(1, &content)
    };
    fields.iter().flat_map(entry).collect()
}

/// Encodes a `TypedStruct`.
pub(super) fn typed(type_url: &str, fields: &[Field], spelled: Option<&str>) -> Vec<u8> {
    let url = if type_url.is_empty() { Vec::new() } else { message(1, type_url.as_bytes()) };
    [url, message(2, &structure(fields, spelled))].concat()
}

fn value(node: &Node, spelled: Option<&str>) -> Vec<u8> {
    match &node.value {
        Value::Null => vec![1 << 3, 0],
        Value::Number(number) => match spelled.and_then(|file| as_text(file, node, number)) {
            Some(text) => message(3, text.as_bytes()),
            None => {
                let number = number.as_f64().unwrap_or_default();
                [[2 << 3 | 1].as_slice(), &number.to_le_bytes()].concat()
            }
        },
        Value::Text(text) => message(3, text.as_bytes()),
        Value::Bool(value) => vec![4 << 3, u8::from(*value)],
        Value::Map(fields) => message(5, &structure(fields, spelled)),
        Value::List(items) => {
            message(6, &items.iter().flat_map(|item| message(1, &value(item, spelled))).collect::<Vec<_>>())
        }
    }
}

/// Returns the text as which Envoy reads a number: as it is spelled if it is no integer, and its digits if it does not fit in 32
/// bits. Source: `parseYamlNode` in Envoy's `source/common/protobuf/yaml_utility.cc`.
fn as_text(file: &str, node: &Node, number: &Number) -> Option<String> {
    if let Some(integer) = number.as_i64() {
        return i32::try_from(integer).is_err().then(|| integer.to_string());
    }
    // An anchor may come before the number.
    let spelled = file.get(node.bytes.clone()).unwrap_or_default().split_whitespace().next_back();
    Some(spelled.map_or_else(|| number.to_string(), str::to_owned))
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
