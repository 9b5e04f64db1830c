//! `google.protobuf.Struct` and JSON, by prost.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::Value as Json;

/// The largest integer up to which a double represents every integer.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

/// Converts a JSON object; `None` for other values, and for numbers that a double does not represent.
pub fn of_json(json: &Json) -> Option<Struct> {
    let fields = json.as_object()?.iter();
    Some(Struct {
        fields: fields.map(|(name, item)| Some((name.clone(), value(item)?))).collect::<Option<_>>()?,
    })
}

fn value(json: &Json) -> Option<Value> {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(boolean) => Kind::BoolValue(*boolean),
        Json::Number(number) => Kind::NumberValue(exact(number)?),
        Json::String(text) => Kind::StringValue(text.clone()),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(value).collect::<Option<_>>()? })
        }
        Json::Object(_) => Kind::StructValue(of_json(json)?),
    };
    Some(Value { kind: Some(kind) })
}

/// Returns a number as a double whose JSON is of the same kind.
fn exact(number: &serde_json::Number) -> Option<f64> {
    let double = number.as_f64()?;
    let is_whole = double.trunc() == double && double.abs() <= MOST_EXACT;
    (is_whole != number.is_f64() && (double != 0.0 || double.is_sign_positive())).then_some(double)
}

/// Converts a struct to JSON; `None` if a value is absent or not a number.
pub fn to_json(structure: &Struct) -> Option<Json> {
    let fields = structure.fields.iter();
    fields.map(|(name, value)| Some((name.clone(), json(value)?))).collect()
}

fn json(value: &Value) -> Option<Json> {
    Some(match value.kind.as_ref()? {
        Kind::NullValue(_) => Json::Null,
        Kind::BoolValue(boolean) => Json::Bool(*boolean),
        Kind::NumberValue(number) if number.trunc() == *number && number.abs() <= MOST_EXACT => {
            Json::from(*number as i64)
        }
        Kind::NumberValue(number) => Json::Number(serde_json::Number::from_f64(*number)?),
        Kind::StringValue(text) => Json::String(text.clone()),
        Kind::StructValue(structure) => to_json(structure)?,
        Kind::ListValue(list) => list.values.iter().map(json).collect::<Option<_>>()?,
    })
}
