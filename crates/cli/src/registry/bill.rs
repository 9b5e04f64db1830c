//! Bills of materials that are attached without a signature, which is what scanners read.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The beginning of all media types of CycloneDX.
const MEDIA_TYPES: &str = "application/vnd.cyclonedx";

/// A bill of materials.
#[derive(Clone, Debug)]
pub(super) struct Bill {
    /// The digest of its referrer.
    pub(super) referrer: String,
    /// Its text.
    pub(super) text: Vec<u8>,
}

impl Bill {
    /// Returns whether this is the media type of a bill.
    pub(super) fn is_type(media_type: &str) -> bool {
        media_type.starts_with(MEDIA_TYPES)
    }

    /// Returns whether every parser reads this value from the text.
    pub(super) fn says(&self, value: &Value) -> bool {
        serde_json::from_slice::<Unambiguous>(&self.text).is_ok_and(|bill| bill.0 == *value)
    }
}

/// JSON that has no field twice: of two, some parsers take the first, and others the last.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unambiguous(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Unambiguous(value))) = entries.next_entry::<String, _>()? {
            if fields.contains_key(&name) {
                return Err(A::Error::custom(format!("the field `{name}` is there twice")));
            }
            fields.insert(name, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bill_says_one_thing() {
        let value = json!({"a": [null, true, 1, -1, 1.5, "é"], "b": {"c": {}}});
        let pretty = serde_json::to_string_pretty(&value).unwrap() + "\n";
        for (text, expected) in [
            (value.to_string(), true),
            (pretty.clone(), true),
            (pretty.replace('é', "\\u00e9"), true),
            (pretty.replace("true", "false"), false),
            (pretty.replace("1.5", "1.25"), false),
            (pretty.replace("\"c\": {}", "\"c\": 1, \"c\": {}"), false),
            (pretty.replace("\"c\": {}", "\"c\": {}, \"\\u0063\": {}"), false),
            (pretty + "{}", false),
            (String::new(), false),
        ] {
            let bill = Bill { referrer: String::new(), text: text.clone().into() };
            assert_eq!(bill.says(&value), expected, "{text}");
        }
    }
}
