//! The values that a rule writes.

use std::borrow::Cow;

use proxy_filter::HostError;
use proxy_filter::config::Invalid;
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::inputs::Inputs;
use proxy_filter::template::Template;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(crate) enum Value {
    Fixed(HeaderValue),
    /// Rendered through a pointer, so that a specialized module without templates lacks the code.
    Template(Template, Render),
}

type Render = fn(&Template, &Inputs<'_>, Option<&[u8]>) -> Result<Option<Vec<u8>>, HostError>;

impl TryFrom<String> for Value {
    type Error = Invalid;

    fn try_from(source: String) -> Result<Self, Invalid> {
        let template = Template::try_from(source)?;
        match template.constant() {
            Some(text) => HeaderValue::new(text).map(Self::Fixed).map_err(Invalid::new),
            None => Ok(Self::Template(template, Template::render)),
        }
    }
}

/// The text for a command that has no value. Unlike a header value, it may begin or end with spaces.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub(crate) struct DefaultText(Vec<u8>);

impl TryFrom<String> for DefaultText {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        HeaderValue::new(text.as_bytes()).map_err(Invalid::new)?;
        Ok(Self(text.into_bytes()))
    }
}

impl Value {
    /// Renders the value for a stream. `None` if a command has no value, or if the result is not a header value: a
    /// client's bytes must not split a header.
    pub(crate) fn render(
        &self,
        name: &HeaderName,
        default: Option<&DefaultText>,
        inputs: &Inputs<'_>,
    ) -> Result<Option<Cow<'_, HeaderValue>>, HostError> {
        let (template, render) = match self {
            Self::Fixed(value) => return Ok(Some(Cow::Borrowed(value))),
            Self::Template(template, render) => (template, render),
        };
        let Some(rendered) = render(template, inputs, default.map(|text| text.0.as_slice()))? else {
            log::debug!("`{name}` is not written: a command in its value has no value");
            return Ok(None);
        };
        let value =
            HeaderValue::new(rendered).inspect_err(|reason| log::warn!("`{name}` is not written: {reason}"));
        Ok(value.ok().map(Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use proxy_filter::headers::{HeaderPairs, serialize_pairs};
    use proxy_filter::inputs::Snapshot;

    use super::*;

    #[test]
    fn a_clients_bytes_never_split_a_header() {
        let name = HeaderName::from_static("x-echo");
        let value = Value::try_from("<%REQ(x-in)%>".to_owned()).unwrap();
        for (bytes, expected) in [
            (b"a\r\nset-cookie: b".as_slice(), None),
            (b"a\0", None),
            (b"\xff\t", Some(b"<\xff\t>".as_slice())),
        ] {
            let pairs = serialize_pairs([(b"x-in".as_slice(), bytes)].into_iter()).unwrap();
            let request = Snapshot::of(HeaderPairs::new(pairs));
            let rendered = value.render(&name, None, &Inputs::of_request(&request)).unwrap();
            assert_eq!(rendered.as_deref().map(HeaderValue::as_bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
