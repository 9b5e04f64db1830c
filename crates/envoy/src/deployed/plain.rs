//! A file or text that is a configuration itself.

use super::node::{self, Value};
use super::origin::Origin;
use super::position::SyntaxError;

/// A configuration, as a filter gets it.
#[derive(Clone, Debug)]
pub struct PlainConfiguration {
    /// The bytes: JSON, or a text that is neither JSON nor YAML.
    pub bytes: Vec<u8>,
    /// Where its parts are in the text.
    pub origin: Origin,
}

/// Takes a text as a configuration: JSON as it is, a YAML object as JSON, and any other text as it is.
///
/// # Errors
/// The text has several lines that look like YAML, but are not.
pub fn plain(text: &str) -> Result<PlainConfiguration, SyntaxError> {
    match json_or_yaml(text) {
        // A text that looks like a comment.
        Ok(nothing) if nothing.bytes.is_empty() => Ok(as_it_is(text)),
        Err(_) if !text.trim_end().contains('\n') => Ok(as_it_is(text)),
        parsed => parsed,
    }
}

/// Takes a text that begins with a bracket as it is, because it is JSON, and any other text as [`yaml`].
///
/// # Errors
/// The text is neither, or has several documents.
pub fn json_or_yaml(text: &str) -> Result<PlainConfiguration, SyntaxError> {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    // The filter says best what is wrong with JSON.
    if is_json { Ok(as_it_is(text)) } else { yaml(text) }
}

/// Takes YAML as a configuration: an object or a list as JSON, a text as it is, and nothing if there are only comments.
///
/// # Errors
/// The text is not YAML, or has several documents.
pub fn yaml(text: &str) -> Result<PlainConfiguration, SyntaxError> {
    match node::parse(text)?.as_slice() {
        [document] if matches!(document.value, Value::Map(_) | Value::List(_)) => {
            let bytes = serde_json::to_vec(document).map_err(|error| SyntaxError {
                message: error.to_string(),
                position: Some(document.start),
            })?;
            Ok(PlainConfiguration { bytes, origin: Origin::of_tree(document) })
        }
        [] => Ok(PlainConfiguration { bytes: Vec::new(), origin: Origin::of_file(text) }),
        [_] => Ok(as_it_is(text)),
        [_, second, ..] => Err(SyntaxError {
            message: "a configuration is one document: remove what follows `---`".into(),
            position: Some(second.start),
        }),
    }
}

fn as_it_is(text: &str) -> PlainConfiguration {
    PlainConfiguration { bytes: text.as_bytes().to_vec(), origin: Origin::of_file(text) }
}
