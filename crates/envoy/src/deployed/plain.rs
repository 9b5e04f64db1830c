//! A file or text that is a configuration itself.

use super::SyntaxError;
use super::node::{self, Value};
use super::origin::Origin;

/// A configuration, as a filter gets it.
#[derive(Clone, Debug)]
pub struct Plain {
    /// The bytes: JSON, or a text that is neither JSON nor YAML.
    pub bytes: Vec<u8>,
    /// Where its parts are in the text.
    pub origin: Origin,
}

/// Takes a text as a configuration: JSON as it is, a YAML object as JSON, and any other text as it is.
///
/// # Errors
/// The text looks like YAML, but is not.
pub fn plain(text: &str) -> Result<Plain, SyntaxError> {
    let as_it_is = || Plain { bytes: text.as_bytes().to_vec(), origin: Origin::of_file(text) };
    // The filter says best what is wrong with JSON.
    if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return Ok(as_it_is());
    }
    let documents = match node::parse(text) {
        Ok(documents) => documents,
        Err(_) if !text.trim_end().contains('\n') => return Ok(as_it_is()),
        Err(error) => return Err(error),
    };
    match documents.as_slice() {
        [document] if matches!(document.value, Value::Map(_) | Value::List(_)) => {
            let bytes = document.json().to_string().into_bytes();
            Ok(Plain { bytes, origin: Origin::of_tree(document) })
        }
        [] | [_] => Ok(as_it_is()),
        [_, second, ..] => Err(SyntaxError {
            message: "a configuration is one document: remove what follows `---`".into(),
            position: Some(second.start),
        }),
    }
}
