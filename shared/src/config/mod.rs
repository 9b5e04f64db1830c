//! Raw configuration to typed, with the path of what is wrong.

mod error;
mod json;
mod one_or_many;
mod protobuf;
mod spelling;

pub use error::ConfigError;
pub use json::from_json;
pub use one_or_many::OneOrMany;
pub use protobuf::{from_protobuf, protobuf_hint};

/// The text behind the mark that some editors put at the beginning of UTF-8 files.
///
/// ```
/// # use proxy_filter::config::*;
/// assert_eq!(without_byte_order_mark(b"\xef\xbb\xbf{}"), b"{}");
/// ```
pub fn without_byte_order_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Compiles each item of a list; an error names the item.
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
/// The first error of `compile`.
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
