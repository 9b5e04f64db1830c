//! A value, or a list of them.

use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::{ConfigError, each};

/// A value as configured, alone or in a list.
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
    /// A value without a list.
    ///
    /// ```
    /// # use proxy_filter::config::OneOrMany;
    /// assert_eq!(OneOrMany::one(7).into_vec(), [7]);
    /// ```
    pub fn one(value: T) -> Self {
        Self { values: vec![value], is_list: false }
    }

    /// A list of values.
    ///
    /// ```
    /// # use proxy_filter::config::OneOrMany;
    /// assert_eq!(OneOrMany::many(vec![7, 8]).into_vec(), [7, 8]);
    /// ```
    pub fn many(values: Vec<T>) -> Self {
        Self { values, is_list: true }
    }

    /// The values.
    ///
    /// ```
    /// # use proxy_filter::config::OneOrMany;
    /// assert_eq!(OneOrMany::one(7).into_vec(), [7]);
    /// ```
    pub fn into_vec(self) -> Vec<T> {
        self.values
    }

    /// Whether it is an empty list.
    ///
    /// ```
    /// # use proxy_filter::config::OneOrMany;
    /// assert!(OneOrMany::<u8>::many(Vec::new()).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Compiles each value; an error names the item if there is a list.
    ///
    /// ```
    /// # use proxy_filter::config::{ConfigError, OneOrMany};
    /// let even = |number: u32| if number % 2 == 0 { Ok(number) } else { Err(ConfigError::new("odd")) };
    /// assert_eq!(OneOrMany::one(3).each(even).unwrap_err().to_string(), "odd");
    /// assert_eq!(OneOrMany::many(vec![2, 3]).each(even).unwrap_err().to_string(), "[1]: odd");
    /// ```
    ///
    /// # Errors
    /// The first error of `compile`.
    pub fn each<U>(self, compile: impl FnMut(T) -> Result<U, ConfigError>) -> Result<Vec<U>, ConfigError> {
        match self.is_list {
            true => each(self.values, compile),
            false => self.values.into_iter().map(compile).collect(),
        }
    }
}

/// By hand: what serde derives for untagged enums loses the places of errors.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData))
    }
}

struct Either<T>(PhantomData<T>);

/// What is no list is left to `T`.
macro_rules! visit_one {
    ($($method:ident: $type:ty),*) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<Self::Value, E> {
            T::deserialize(value.into_deserializer()).map(OneOrMany::one)
        }
    )*};
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, or a list of values")
    }

    visit_one!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        T::deserialize(().into_deserializer()).map(OneOrMany::one)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OneOrMany::one)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(OneOrMany::many(values))
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
