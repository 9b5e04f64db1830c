//! Attributes as text, found by the names that users write.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::known::ALL;
use super::text::{ToText, as_it_is};
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

/// An attribute without a known type is text.
const TEXT_BELOW: [&str; 4] =
    ["request.headers.", "response.headers.", "metadata.filter_metadata.", "filter_state."];

impl TextAttribute {
    /// Finds an attribute by its name, with dots between its segments. If `of_connection`, finds no
    /// attributes of requests and responses.
    ///
    /// # Errors
    /// If there is no such attribute, the error lists the valid names.
    pub(crate) fn find(name: &str, of_connection: bool) -> Result<Self, String> {
        let path = name.replace('.', "\0");
        let is_there =
            |path: &str| !(of_connection && (path.starts_with("request") || path.starts_with("response")));
        let all = || ALL.iter().filter(|(path, _)| is_there(path));
        let text_below = || TEXT_BELOW.iter().filter(|above| is_there(above));
        if let Some((known, to_text)) = all().find(|(known, _)| *known == path) {
            return Ok(Self::new(known, *to_text));
        }
        match text_below().find_map(|above| Some((above, name.strip_prefix(above)?))) {
            // The rest is one segment, which may contain dots: `wasm.x`, or a filter's name and a key.
            Some((above, rest)) if !rest.is_empty() => {
                let (rest, to_text) = match *above {
                    "metadata.filter_metadata." => (metadata(rest)?, readable as ToText),
                    "filter_state." => (rest.to_owned(), readable as ToText),
                    _ => (rest.to_owned(), as_it_is as ToText),
                };
                let path = above.replace('.', "\0") + &rest;
                Ok(Self { length: path.len(), path: Cow::Owned(path), to_text })
            }
            _ => {
                let known: Vec<_> = all().map(|(path, _)| path.replace('\0', ".")).collect();
                let below: Vec<_> = text_below().copied().collect();
                Err(format!(
                    "no such attribute: use one of {}, or one that begins with {}",
                    known.join(", "),
                    below.join(", ")
                ))
            }
        }
    }

    const fn new(path: &'static str, to_text: ToText) -> Self {
        Self { path: Cow::Borrowed(path), length: path.len(), to_text }
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

/// Splits `filter.name.key` at its last dot: filter names contain dots.
fn metadata(rest: &str) -> Result<String, String> {
    let (filter, key) = rest.rsplit_once('.').ok_or("metadata needs a filter name and a key")?;
    Ok(format!("{filter}\0{key}"))
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
mod tests {
    use super::*;

    fn text(name: &str, bytes: &[u8]) -> Option<String> {
        let text = TextAttribute::find(name, false).unwrap().show(bytes.to_vec())?;
        Some(String::from_utf8_lossy(&text).into_owned())
    }

    #[test]
    fn attributes_as_text() {
        for (name, bytes, expected) in [
            ("source.address", b"[::1]:80".as_slice(), Some("[::1]:80")),
            ("response.code", &404_i64.to_le_bytes(), Some("404")),
            ("response.code", b"404", None),
            ("connection.mtls", b"\x01", Some("true")),
            ("request.time", &1_500_000_000_i64.to_le_bytes(), Some("1")),
            ("request.duration", &1_500_000_000_i64.to_le_bytes(), Some("1500")),
            ("request.headers.x-a", b"1", Some("1")),
            ("filter_state.wasm.user", b"ann", Some("ann")),
            ("request.headers.x-a", b"\xff", Some("\u{fffd}")),
            ("metadata.filter_metadata.a.b", b"text", Some("text")),
            ("metadata.filter_metadata.a.b", &1.1_f64.to_le_bytes(), None),
            ("metadata.filter_metadata.a.b", &7_f64.to_le_bytes(), None),
            ("metadata.filter_metadata.a.b", b"\x01", None),
        ] {
            assert_eq!(text(name, bytes).as_deref(), expected, "{name}");
        }
        struct Null;
        impl sys::Host for Null {
            fn get_property(&self, _: &[u8]) -> Result<Vec<u8>, HostError> {
                Err(HostError::SerializationFailure)
            }
        }
        assert!(
            TextAttribute::find("request.path", true).is_err()
                && TextAttribute::find("response.headers.a", true).is_err()
        );
        let null = sys::with_host(std::rc::Rc::new(Null), || {
            TextAttribute::find("filter_state.a", true).unwrap().get()
        });
        assert_eq!(null, Ok(None));
        let metadata =
            TextAttribute::find("metadata.filter_metadata.envoy.filters.http.jwt_authn.sub", true).unwrap();
        assert_eq!(metadata.path, "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0sub");
        for none in
            ["", "request", "request.headers", "request.headers.", "metadata.filter_metadata.x", "x.y"]
        {
            assert!(TextAttribute::find(none, false).is_err(), "{none}");
        }
    }
}
