//! A value, or a list of values.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

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

/// The name under which [`from_json`](super::from_json) recognizes the type. Only `from_json` can read lists into it: serde
/// has no word for a value of either kind, and its untagged enums lose the paths of errors.
pub(super) const NAME: &str = "proxy_filter::config::OneOrMany";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, Either(PhantomData))
    }
}

struct Either<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, or a list of values")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Ok(OneOrMany { values: vec![T::deserialize(deserializer)?], is_list: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(OneOrMany { values, is_list: true })
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
