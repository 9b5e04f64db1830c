//! The commands of templates.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::envoy;
use crate::HostError;
use crate::attribute::TextAttribute;
use crate::config::ConfigError;
use crate::headers::pseudo::PATH;
use crate::headers::{HeaderName, InvalidHeaderName};
use crate::inputs::{Input, Inputs};
use crate::target::split_query;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The first value of a header, or of the other header if the first is absent.
    Request {
        name: HeaderName,
        other: Option<HeaderName>,
        with_query: bool,
    },
    Response(HeaderName, Option<HeaderName>),
    Attribute(TextAttribute),
}

/// Hashes a command as earlier versions did, which had one more variant, and for which all values had their query: rate-limit's
/// rules keep their counts while their hash is the same.
impl Hash for Command {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match self {
            Self::Request { name, other, with_query } => {
                (0_isize, name, other).hash(hasher);
                if !with_query {
                    with_query.hash(hasher);
                }
            }
            Self::Response(name, other) => (1_isize, name, other).hash(hasher),
            Self::Attribute(attribute) => (3_isize, attribute).hash(hasher),
        }
    }
}

impl fmt::Display for Command {
    /// Writes the name of the command's input.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { name, .. } | Self::Response(name, _) => name.fmt(f),
            Self::Attribute(attribute) => attribute.fmt(f),
        }
    }
}

impl Command {
    pub(super) fn request(name: HeaderName) -> Self {
        Self::Request { name, other: None, with_query: true }
    }

    fn path(with_query: bool) -> Self {
        Self::Request { name: PATH.clone(), other: None, with_query }
    }

    pub(super) fn value(&self, inputs: &Inputs<'_>) -> Result<Option<Vec<u8>>, HostError> {
        let (pairs, name, other) = match self {
            Self::Request { name, other, .. } => (inputs.request.headers(), name, other),
            Self::Response(name, other) => (inputs.response, name, other),
            Self::Attribute(attribute) => return inputs.request.attribute(attribute),
        };
        let value = pairs.first(name).or_else(|| pairs.first(other.as_ref()?));
        Ok(value.map(|value| match self {
            Self::Request { with_query: false, .. } => split_query(value).0.to_vec(),
            _ => value.to_vec(),
        }))
    }

    pub(super) fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        match self {
            Self::Request { name, other, .. } => {
                [name].into_iter().chain(other).for_each(|name| visit(Input::RequestHeader(name)));
            }
            Self::Response(name, other) => {
                [name].into_iter().chain(other).for_each(|name| visit(Input::ResponseHeader(name)));
            }
            Self::Attribute(attribute) => visit(Input::Attribute(attribute)),
        }
    }
}

/// Parses the text between two percent signs: a command, and the number of bytes to which its value is truncated.
pub(super) fn parse(source: &str) -> Result<(Command, Option<usize>), ConfigError> {
    let wrong = |reason: &dyn fmt::Display| wrong(source, reason);
    let (name, argument, limit) = split(source)?;
    if let Some(attribute) = attribute(source, name, argument, false)? {
        return Ok((Command::Attribute(attribute), limit));
    }
    let command = match (name, argument) {
        ("REQ" | "REQ_WITHOUT_QUERY" | "RESP", Some(argument)) => {
            let (header, other) = names(argument).map_err(|reason| wrong(&reason))?;
            match name {
                "RESP" => Command::Response(header, other),
                _ => Command::Request { name: header, other, with_query: name == "REQ" },
            }
        }
        ("REQ" | "REQ_WITHOUT_QUERY" | "RESP", None) => {
            return Err(wrong(&"write the header's name in brackets, as in %REQ(host)%"));
        }
        ("PATH", None | Some("" | "WQ")) => Command::path(true),
        ("PATH", Some("NQ")) => Command::path(false),
        ("PATH", Some(_)) => {
            return Err(wrong(&"write WQ for the path with its query, NQ for the path without"));
        }
        ("START_TIME", format) => {
            Command::Attribute(TextAttribute::start_time(format).map_err(|reason| wrong(&reason))?)
        }
        _ => {
            return Err(ConfigError::new(format_args!(
                "unknown command `%{source}%`: use %REQ(name)%, %RESP(name)%, %PATH%, %START_TIME%, %ATTR(name)%, or %% for \
                 a percent sign"
            )));
        }
    };
    Ok((command, limit))
}

/// Returns the attribute whose value a command has, if it has that of an attribute. If `of_connection`, finds no attributes
/// of requests and responses.
pub(super) fn attribute(
    source: &str,
    name: &str,
    argument: Option<&str>,
    of_connection: bool,
) -> Result<Option<TextAttribute>, ConfigError> {
    let attribute = match (name, argument) {
        ("ATTR", Some(name)) => TextAttribute::find(name, of_connection).map(Some),
        ("ATTR", None) => Err("write the name in brackets, as in %ATTR(source.address)%".to_owned()),
        (_, None) => envoy::find(name, of_connection).transpose(),
        (_, Some(_)) => Ok(None),
    };
    attribute.map_err(|reason| wrong(source, &reason))
}

fn wrong(source: &str, reason: &dyn fmt::Display) -> ConfigError {
    ConfigError::new(format_args!("`%{source}%`: {reason}"))
}

/// Splits a command into its name, what is in the brackets, and the number of bytes to which its value is truncated.
pub(super) fn split(source: &str) -> Result<(&str, Option<&str>, Option<usize>), ConfigError> {
    let (head, limit) = split_limit(source).map_err(|reason| wrong(source, &reason))?;
    let limit = limit.map(|limit| match limit.parse::<usize>() {
        Ok(bytes) if bytes > 0 && !limit.starts_with('+') => Ok(bytes),
        _ => Err(wrong(source, &format_args!("`{limit}` is not a positive number of bytes"))),
    });
    let (name, argument) = match head.strip_suffix(')').and_then(|head| head.split_once('(')) {
        Some((name, argument)) => (name, Some(argument)),
        None => (head, None),
    };
    Ok((name, argument, limit.transpose()?))
}

/// Splits a command from the text after the colon that follows it. Names in brackets may also contain colons.
fn split_limit(source: &str) -> Result<(&str, Option<&str>), String> {
    let bracket = source.rfind(')').map_or(0, |bracket| bracket.saturating_add(1));
    match source.split_at_checked(bracket) {
        Some((head, "")) if !head.is_empty() => Ok((head, None)),
        Some((head, rest)) if !head.is_empty() => match rest.strip_prefix(':') {
            Some(limit) => Ok((head, Some(limit))),
            None => Err(format!("unexpected `{rest}` after the bracket: to truncate, write `:{rest}`")),
        },
        _ => Ok(source.split_once(':').map_or((source, None), |(head, limit)| (head, Some(limit)))),
    }
}

/// Parses `name` or `name?other`.
fn names(argument: &str) -> Result<(HeaderName, Option<HeaderName>), InvalidHeaderName> {
    let (name, other) = match argument.split_once('?') {
        Some((name, other)) => (name, Some(other)),
        None => (argument, None),
    };
    Ok((HeaderName::readable(name)?, other.map(HeaderName::readable).transpose()?))
}
