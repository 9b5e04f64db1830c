//! YAML, of which JSON is a part, with the position of each value.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Number;
use serde_saphyr::{Location, Spanned};

use super::position::{Position, SyntaxError};

/// A value, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) start: Position,
    /// The bytes of the file that it takes up. Empty if that is unknown.
    pub(super) bytes: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Field>),
}

#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) name_start: Position,
    pub(super) node: Node,
}

/// Parses all documents of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, SyntaxError> {
    serde_saphyr::from_multiple::<Spanned<Value>>(text)
        .map(|documents| documents.into_iter().map(Node::from).collect())
        .map_err(|error| {
            let position = error.location().map(Position::from);
            SyntaxError {
                message: without_position(&error.without_snippet().to_string(), position),
                position,
            }
        })
}

/// Returns the first line of the library's message, without the position at its end and advice for programmers.
fn without_position(message: &str, position: Option<Position>) -> String {
    /// How to program the library.
    const ADVICE: &str = ", set DuplicateKeyPolicy in Options if acceptable";
    let line = message.lines().next().unwrap_or_default().replace(ADVICE, "");
    let end = position.map(|Position { line, column }| format!(" at line {line}, column {column}"));
    end.and_then(|end| line.strip_suffix(end.as_str())).unwrap_or(&line).to_owned()
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        // What an alias refers to is where its mistakes are.
        let span = spanned.defined.span();
        let bytes = span.byte_offset().zip(span.byte_len()).and_then(|(start, length)| {
            let start = usize::try_from(start).ok()?;
            Some(start..start.checked_add(usize::try_from(length).ok()?)?)
        });
        Self { value: spanned.value, start: spanned.defined.into(), bytes: bytes.unwrap_or_default() }
    }
}

impl Node {
    /// Returns the value of a field by one of its names: protobuf's JSON form has two.
    pub(super) fn field(&self, names: &[&str]) -> Option<&Field> {
        let Value::Map(fields) = &self.value else { return None };
        fields.iter().find(|field| names.contains(&field.name.as_str()))
    }

    /// Returns the text of a field.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        match &self.field(names)?.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => number.clone().into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Map(fields) => {
                let field = |field: &Field| (field.name.clone(), field.node.json());
                serde_json::Value::Object(fields.iter().map(field).collect())
            }
        }
    }
}

/// Keeps the fields in the file's order.
impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Map(fields) => {
                serializer.collect_map(fields.iter().map(|field| (&field.name, &field.node)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Number(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::Number(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
                Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<Spanned<Value>>()? {
                    list.push(item.into());
                }
                Ok(Value::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = entries.next_entry::<Spanned<String>, Spanned<Value>>()? {
                    let name_start = name.defined.into();
                    fields.push(Field { name: name.value, name_start, node: value.into() });
                }
                Ok(Value::Map(fields))
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}
