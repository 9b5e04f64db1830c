//! Header values with holes: `%REQ(name)%`, in Envoy's command syntax.

use crate::config::ConfigError;
use crate::headers::{HeaderName, HeaderPairs};

/// A compiled value template: text, and commands that a request fills in.
///
/// `%REQ(name)%` is the first value of a request header (`:authority`, `:path` and the like
/// included), `%%` a percent sign.
///
/// ```
/// use proxy_filter::template::Template;
///
/// let template = Template::parse("to %REQ(:authority)%")?;
/// assert_eq!(template.headers().count(), 1);
/// # Ok::<(), proxy_filter::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    RequestHeader(HeaderName),
}

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// A percent sign that stands alone, an unknown command, or a header name that is none.
    pub fn parse(source: &str) -> Result<Self, ConfigError> {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('%') {
            text.extend_from_slice(before.as_bytes());
            let (command, after) = after.split_once('%').ok_or_else(|| {
                ConfigError::new(format_args!("`%{after}` has no closing `%`; write `%%` for a percent sign"))
            })?;
            match parse_command(command)? {
                Part::Text(literal) => text.extend(literal),
                part => {
                    parts.extend((!text.is_empty()).then(|| Part::Text(std::mem::take(&mut text))));
                    parts.push(part);
                }
            }
            rest = after;
        }
        text.extend_from_slice(rest.as_bytes());
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self(parts))
    }

    /// The value, where no request is needed to know it.
    pub fn constant(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The request headers it reads.
    pub fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.0.iter().filter_map(|part| match part {
            Part::RequestHeader(name) => Some(name),
            Part::Text(_) => None,
        })
    }

    /// The value for a request; `None` where a command has none.
    pub fn render(&self, request: &HeaderPairs) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        for part in &self.0 {
            value.extend_from_slice(match part {
                Part::Text(text) => text,
                Part::RequestHeader(name) => request.first(name)?,
            });
        }
        Some(value)
    }
}

fn parse_command(command: &str) -> Result<Part, ConfigError> {
    if command.is_empty() {
        return Ok(Part::Text(b"%".to_vec()));
    }
    match command.strip_prefix("REQ(").and_then(|rest| rest.strip_suffix(')')) {
        Some(name) => HeaderName::readable(name)
            .map(Part::RequestHeader)
            .map_err(|error| ConfigError::new(format_args!("`%{command}%`: {error}"))),
        None => Err(ConfigError::new(format_args!(
            "unknown command `%{command}%`: use %REQ(header-name)%, or %% for a percent sign"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::serialize_pairs;

    fn render(template: &str) -> Option<String> {
        let pairs: [(&[u8], &[u8]); 2] = [(b":authority", b"a.example"), (b"x-a", b"1")];
        let request = HeaderPairs::new(serialize_pairs(pairs.into_iter()).unwrap());
        Template::parse(template).unwrap().render(&request).map(|value| String::from_utf8(value).unwrap())
    }

    #[test]
    fn values() {
        for (template, expected) in [
            ("", Some("")),
            ("plain", Some("plain")),
            ("%REQ(:authority)%", Some("a.example")),
            ("%REQ(X-A)%%REQ(x-a)%", Some("11")),
            ("100%% of %REQ(x-a)%!", Some("100% of 1!")),
            ("%REQ(x-b)%", None),
        ] {
            assert_eq!(render(template).as_deref(), expected, "{template}");
        }
        assert_eq!(Template::parse("50%%").unwrap().constant(), Some(b"50%".as_slice()));
        assert_eq!(Template::parse("%REQ(a)%").unwrap().constant(), None);
    }

    #[test]
    fn wrong_templates() {
        for (template, expected) in [
            ("50%", "`%` has no closing `%`; write `%%` for a percent sign"),
            ("%REQ(a", "`%REQ(a` has no closing `%`"),
            ("%RQE(a)%", "unknown command `%RQE(a)%`"),
            ("%REQ(a b)%", "`%REQ(a b)%`: `a b` is not a header name"),
        ] {
            let error = Template::parse(template).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
