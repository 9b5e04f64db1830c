//! A value, or a list of values.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{ConfigError, Invalid, each};

/// A configured value, alone or in a list.
///
/// ```
/// use proxy_filter::config::{OneOrMany, from_json};
///
/// #[derive(serde::Deserialize)]
/// struct Config {
///     method: OneOrMany<String>,
/// }
/// let methods = |json: &str| from_json::<Config>(json.as_bytes()).map(|config| config.method.into_vec());
/// assert_eq!(methods(r#"{"method": "GET"}"#)?, ["GET"]);
/// assert_eq!(methods(r#"{"method": ["GET", "PUT"]}"#)?, ["GET", "PUT"]);
/// assert!(methods(r#"{"method": ["GET", 7]}"#).unwrap_err().to_string().starts_with("method[1]: "));
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T> {
    values: Vec<T>,
    is_list: bool,
}

impl<T> OneOrMany<T> {
    /// Returns the values. A single value becomes a list of one.
    pub fn into_vec(self) -> Vec<T> {
        self.values
    }

    /// Returns the values, of which there must be at least one.
    ///
    /// # Errors
    /// The list is empty.
    pub fn at_least_one(self) -> Result<Vec<T>, ConfigError> {
        match self.values.is_empty() {
            true => Err(ConfigError::new("the list is empty: give at least one value")),
            false => Ok(self.values),
        }
    }

    /// Compiles each value. If the values are in a list, errors name the item.
    ///
    /// # Errors
    /// Returns the first error of `compile`.
    pub fn each<U>(self, compile: impl FnMut(T) -> Result<U, ConfigError>) -> Result<Vec<U>, ConfigError> {
        match self.is_list {
            true => each(self.values, compile),
            false => self.values.into_iter().map(compile).collect(),
        }
    }
}

/// One or more texts, each of which is checked by `T`'s `TryFrom<String>`.
///
/// Use it in place of `OneOrMany<T>` to save space in the module: all types `T` share the code that reads texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts<T>(pub Vec<T>);

impl<'de, T: TryFrom<String, Error = Invalid>> Deserialize<'de> for Texts<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = OneOrMany::<String>::deserialize(deserializer)?;
        let checked = texts.each(|text| Ok(T::try_from(text)?));
        let checked = checked.and_then(|values| OneOrMany { values, is_list: true }.at_least_one());
        checked.map(Self).map_err(|error| D::Error::custom(Invalid::from(error)))
    }
}

/// Written by hand, because serde's derived untagged enums lose the paths of errors.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData))
    }
}

struct Either<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Either<T> {
    fn one<E: Error>(scalar: Scalar<'_>) -> Result<OneOrMany<T>, E> {
        let value = T::deserialize(ScalarDeserializer(scalar, PhantomData))?;
        Ok(OneOrMany { values: vec![value], is_list: false })
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, or a list of values")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::one(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::one(Scalar::I64(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::one(Scalar::U64(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::one(Scalar::F64(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Self::one(Scalar::Text(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Self::one(Scalar::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(OneOrMany { values: vec![value], is_list: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(OneOrMany { values, is_list: true })
    }
}

/// A JSON value that is neither an object nor a list.
enum Scalar<'a> {
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Text(&'a str),
    Null,
}

/// One deserializer for all scalars. serde has a deserializer type for each kind, and a module would contain `T`'s code
/// once for each type.
struct ScalarDeserializer<'a, E>(Scalar<'a>, PhantomData<E>);

impl<'de, E: Error> Deserializer<'de> for ScalarDeserializer<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.0 {
            Scalar::Bool(value) => visitor.visit_bool(value),
            Scalar::I64(value) => visitor.visit_i64(value),
            Scalar::U64(value) => visitor.visit_u64(value),
            Scalar::F64(value) => visitor.visit_f64(value),
            Scalar::Text(value) => visitor.visit_str(value),
            Scalar::Null => visitor.visit_unit(),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        match self.0 {
            Scalar::Text(value) => StrDeserializer::new(value).deserialize_enum(name, variants, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        let many = generator.subschema_for::<Vec<T>>();
        json_schema!({"anyOf": [one, many]})
    }
}

impl<T> JsonSchema for Texts<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        OneOrMany::<String>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OneOrMany::<String>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests;
