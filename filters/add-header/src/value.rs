//! The values that a rule writes.

use proxy_filter::HostError;
use proxy_filter::config::ConfigError;
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::inputs::Inputs;
use proxy_filter::template::Template;

#[derive(Debug)]
pub(crate) enum Value {
    Fixed(HeaderValue),
    /// Rendered through a pointer, so that a specialized module without templates lacks the code that renders them.
    Template(Template, Render),
}

type Render = fn(&Template, &Inputs<'_>, Option<&[u8]>) -> Result<Option<Vec<u8>>, HostError>;

impl Value {
    pub(crate) fn parse(source: &str) -> Result<Self, ConfigError> {
        let template = Template::parse(source)?;
        match template.constant() {
            Some(text) => Ok(Self::Fixed(HeaderValue::new(text)?)),
            None => Ok(Self::Template(template, Template::render)),
        }
    }
}

/// The text for a command that has no value. Unlike a header value, it may begin or end with spaces.
#[derive(Debug)]
pub(crate) struct DefaultText(Vec<u8>);

impl DefaultText {
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        HeaderValue::new(text)?;
        Ok(Self(text.into()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Checks a rendered value. `None` if a command had no value, or if the result is not a header value: a client's bytes must
/// not split a header.
pub(crate) fn checked(name: &HeaderName, rendered: Option<Vec<u8>>) -> Option<HeaderValue> {
    let Some(rendered) = rendered else {
        log::debug!("`{name}` is not written: a command in its value has no value");
        return None;
    };
    HeaderValue::new(rendered).inspect_err(|reason| log::warn!("`{name}` is not written: {reason}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_bytes_never_split_a_header() {
        let name = HeaderName::from_static("x-echo");
        for (bytes, expected) in
            [(b"a\r\nset-cookie: b".as_slice(), None), (b"a\0", None), (b"\xff\t", Some(b"\xff".as_slice()))]
        {
            let value = checked(&name, Some(bytes.to_vec()));
            assert_eq!(value.as_ref().map(HeaderValue::as_bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
