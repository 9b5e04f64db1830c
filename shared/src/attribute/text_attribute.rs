//! Attributes as text, found by the names that users write.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::known::{ALL, TEXTS};
use super::text::{ToText, as_it_is};
use crate::config::ConfigError;
use crate::sys::{self, HostError, found};

/// An attribute whose value is used as text.
#[derive(Clone)]
pub struct TextAttribute {
    /// Segments, separated by zero bytes. Behind them is the form in which the value is written, if it is not that of the
    /// attribute's type. It is here, because most attributes have none, and are compared often.
    path: Cow<'static, str>,
    /// The number of bytes before the form.
    length: usize,
    to_text: ToText,
}

/// What attributes without a known type are below, and how they become text.
const BELOW: [(&str, ToText); 4] = [
    ("request\0headers\0", as_it_is),
    ("response\0headers\0", as_it_is),
    (METADATA, readable),
    (FILTER_STATE, readable),
];
const METADATA: &str = "metadata\0filter_metadata\0";
const FILTER_STATE: &str = "filter_state\0";

impl TextAttribute {
    /// Finds an attribute by its name, with dots between its segments, or with zero bytes between them, so that they may contain
    /// dots. In metadata, every segment after a filter's name then goes one level deeper. If `of_connection`, finds no
    /// attributes of requests and responses.
    ///
    /// # Errors
    /// If there is no such attribute, the error lists the valid names.
    pub(crate) fn find(name: &str, of_connection: bool) -> Result<Self, String> {
        let has_segments = name.as_bytes().contains(&0);
        let path = if has_segments { name.to_owned() } else { name.replace('.', "\0") };
        let (above, to_text) = find_or_above(&path, of_connection)?;
        if above == path {
            return Ok(Self::new(above, to_text));
        }
        let path = if has_segments { nested(above, path)? } else { joined(above, name)? };
        Ok(Self { length: path.len(), path: Cow::Owned(path), to_text })
    }

    const fn new(path: &'static str, to_text: ToText) -> Self {
        Self { path: Cow::Borrowed(path), length: path.len(), to_text }
    }

    /// Finds an attribute whose value is text, with dots between the segments of its name. A module that finds attributes only
    /// with this contains no code that shows numbers, times and durations.
    ///
    /// ```
    /// use proxy_filter::attribute::TextAttribute;
    ///
    /// let attribute = TextAttribute::of_text("connection.requested_server_name")?;
    /// assert_eq!(attribute.to_string(), "connection.requested_server_name");
    /// let error = TextAttribute::of_text("connection.id").unwrap_err().to_string();
    /// assert!(error.starts_with("`connection.id` is not an attribute whose value is text"), "{error}");
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// There is no such attribute, its value is not text, or it has no value yet when the request arrives.
    pub fn of_text(name: &str) -> Result<Self, ConfigError> {
        let path = name.replace('.', "\0");
        let attribute = match TEXTS.iter().flatten().find(|known| **known == path) {
            Some(known) => Some(Self::new(known, as_it_is)),
            None => BELOW
                .iter()
                .find(|(above, _)| path.len() > above.len() && path.starts_with(above))
                .and_then(|(above, to_text)| {
                    let path = joined(above, name).ok()?;
                    Some(Self { length: path.len(), path: Cow::Owned(path), to_text: *to_text })
                }),
        };
        match attribute {
            Some(attribute) if attribute.is_known_after_request() => {
                Err(ConfigError::new(format_args!("`{name}` has no value yet when the request arrives")))
            }
            Some(attribute) => Ok(attribute),
            None => Err(ConfigError::new(format_args!(
                "`{name}` is not an attribute whose value is text: use one such as \
                 `connection.requested_server_name`, `metadata.filter_metadata.FILTER.KEY` or `filter_state.KEY`"
            ))),
        }
    }

    /// Returns the attribute in another form.
    pub(super) fn in_form(self, form: &str, to_text: ToText) -> Self {
        Self { path: Cow::Owned([self.path(), form].concat()), length: self.length, to_text }
    }

    fn path(&self) -> &str {
        self.path.get(..self.length).unwrap_or_default()
    }

    /// Returns the client's address.
    pub(crate) const fn source_address() -> Self {
        Self::new("source\0address", as_it_is)
    }

    /// Returns whether it belongs to the request, and so has a value only in the request's header phase.
    pub(crate) fn is_request_attribute(&self) -> bool {
        self.path.starts_with("request\0")
    }

    /// Returns whether it belongs to the response.
    pub(crate) fn is_response_attribute(&self) -> bool {
        self.path.starts_with("response\0")
    }

    /// Returns whether it has no value until the request reaches an upstream or gets a response.
    pub(crate) fn is_known_after_request(&self) -> bool {
        self.is_response_attribute()
            || self.path.starts_with("upstream\0")
            || self.path == "request\0duration"
    }

    /// Converts bytes of the host to text.
    pub(super) fn show(&self, bytes: Vec<u8>) -> Option<Vec<u8>> {
        (self.to_text)(bytes, &self.path)
    }

    /// Reads the value as text. Returns `None` if there is no value or it is not text.
    pub(crate) fn get(&self) -> Result<Option<Vec<u8>>, HostError> {
        let path = self.path.as_bytes().get(..self.length).unwrap_or_default();
        match found(sys::get_property(path)) {
            // Envoy cannot pass values of some types to filters, such as null.
            Err(HostError::SerializationFailure) => Ok(None),
            bytes => Ok(bytes?.and_then(|bytes| self.show(bytes))),
        }
    }
}

/// Returns the bytes if they are printable text. Numbers and booleans in metadata cannot be shown, because
/// their bytes do not carry their type.
fn readable(bytes: Vec<u8>, _: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(&bytes).ok()?;
    (!text.contains(char::is_control)).then_some(bytes)
}

const NO_KEY: &str = "metadata needs a filter name and a key";

/// Builds the path of a name with dots. What is below is one segment, which may contain dots: `wasm.x`, or a filter's name and a
/// key.
fn joined(above: &str, name: &str) -> Result<String, &'static str> {
    let below = name.get(above.len()..).unwrap_or_default();
    match above {
        METADATA => {
            let (filter, key) = below.rsplit_once('.').ok_or(NO_KEY)?;
            Ok([above, filter, "\0", key].concat())
        }
        _ => Ok([above, below].concat()),
    }
}

/// Checks a path whose segments the user wrote.
fn nested(above: &str, path: String) -> Result<String, &'static str> {
    let below = path.as_bytes().get(above.len()..).unwrap_or_default();
    let mut segments = below.split(|byte| *byte == 0);
    let depth = segments.clone().count();
    match above {
        METADATA if depth == 1 => Err(NO_KEY),
        // It would be the whole map.
        _ if segments.any(<[u8]>::is_empty) => Err("a segment is empty"),
        METADATA | FILTER_STATE => Ok(path),
        _ if depth == 1 => Ok(path),
        _ => Err("a header has no segments below its name"),
    }
}

/// Finds an attribute by its path: the path itself, or what it is below.
#[inline(never)]
fn find_or_above(path: &str, of_connection: bool) -> Result<(&'static str, ToText), String> {
    let is_there =
        |known: &str| !(of_connection && (known.starts_with("request") || known.starts_with("response")));
    let fits = |known: &str| match known.ends_with('\0') {
        true => path.len() > known.len() && path.starts_with(known),
        false => path == known,
    };
    let all = || ALL.iter().chain(&BELOW).filter(|(known, _)| is_there(known));
    if let Some(found) = all().find(|(known, _)| fits(known)) {
        return Ok(*found);
    }
    let mut message = String::from("no such attribute: use one of");
    let (mut separator, mut last) = (" ", ", or one that begins with ");
    for (known, _) in all() {
        if known.ends_with('\0') {
            separator = std::mem::replace(&mut last, ", ");
        }
        message += separator;
        message += &known.replace('\0', ".");
        separator = ", ";
    }
    Err(message)
}

/// Shows the name only: a function's address differs from build to build.
impl fmt::Debug for TextAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextAttribute({self})")
    }
}

impl fmt::Display for TextAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path().replace('\0', "."))
    }
}

/// Hashes what determines the rest.
impl Hash for TextAttribute {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.path.hash(hasher);
    }
}

impl PartialEq for TextAttribute {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for TextAttribute {}

#[cfg(test)]
mod tests;
