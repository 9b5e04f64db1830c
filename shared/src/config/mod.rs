//! Turns the bytes of a configuration into a compiled filter.
//!
//! 1. [`from_json`] reads bytes into a filter's `Config`, which derives `Deserialize`.
//! 2. Each type in it checks itself with `#[serde(try_from = "...")]` and reports [`Invalid`], to which `from_json`
//!    adds the path. [`HeaderName`](crate::headers::HeaderName), [`Template`](crate::template::Template) and
//!    [`Condition`](crate::matching::Condition) are such types.
//! 3. The filter or its [plan](crate::specialize::Specialize::Plan) implements `TryFrom<Config>` and runs the checks that
//!    involve several fields. It adds the path to these errors with [`ConfigError::in_field`].
//!
//! ```
//! use proxy_filter::config::{ConfigError, from_json};
//! use proxy_filter::headers::HeaderName;
//!
//! #[derive(Debug, serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     names: Vec<HeaderName>,
//! }
//!
//! let error = from_json::<Config>(br#"{"names": ["x-a", "x b"]}"#).unwrap_err();
//! assert!(error.to_string().starts_with("names[1]: `x b` is not a header name"));
//! ```

mod decimal;
mod deserializer;
mod entries;
mod error;
mod invalid;
mod json;
mod one_or_many;
mod protobuf;
mod refused;
mod spelling;
mod tree;

pub use entries::Entries;
pub use error::ConfigError;
pub(crate) use error::on_one_line;
pub use invalid::Invalid;
pub use json::from_json;
pub(crate) use json::value_from_json;
pub use one_or_many::{OneOrMany, Texts};
pub(crate) use protobuf::decoded;
pub use protobuf::{from_protobuf, protobuf_hint};

/// Removes the byte order mark that some editors put at the start of UTF-8 text.
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Compiles each item of a list, and adds the item's index to errors.
///
/// ```
/// # use proxy_filter::config::*;
/// let even = |number: u32| if number % 2 == 0 { Ok(number) } else { Err(ConfigError::new("odd")) };
/// assert_eq!(each([2, 4], even)?, [2, 4]);
/// assert_eq!(each([2, 3], even).unwrap_err().to_string(), "[1]: odd");
/// # Ok::<(), ConfigError>(())
/// ```
///
/// # Errors
/// Returns the first error of `compile`.
pub fn each<T, U>(
    items: impl IntoIterator<Item = T>,
    mut compile: impl FnMut(T) -> Result<U, ConfigError>,
) -> Result<Vec<U>, ConfigError> {
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| compile(item).map_err(|error| error.in_item(index)))
        .collect()
}
