//! The commands of templates.

use std::fmt;

use crate::HostError;
use crate::attribute::Named;
use crate::config::ConfigError;
use crate::headers::pseudo::PATH;
use crate::headers::{HeaderName, HeaderPairs};
use crate::inputs::Inputs;
use crate::target::split_query;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// The first value of a header, or of another.
    Request(HeaderName, Option<HeaderName>),
    Response(HeaderName, Option<HeaderName>),
    Path {
        with_query: bool,
    },
    Attribute(Named),
}

impl fmt::Display for Command {
    /// As people know what it looks at.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(name, _) | Self::Response(name, _) => name.fmt(f),
            Self::Path { .. } => f.write_str("path"),
            Self::Attribute(attribute) => attribute.fmt(f),
        }
    }
}

impl Command {
    pub(super) fn value(&self, inputs: &Inputs<'_>) -> Result<Option<Vec<u8>>, HostError> {
        let header = |pairs: &HeaderPairs, name, other: &Option<HeaderName>| {
            let value = pairs.first(name).or_else(|| pairs.first(other.as_ref()?));
            value.map(<[u8]>::to_vec)
        };
        Ok(match self {
            Self::Request(name, other) => header(inputs.request.headers(), name, other),
            Self::Response(name, other) => header(inputs.response, name, other),
            Self::Path { with_query } => inputs.request.headers().first(&PATH).map(|target| {
                let path = if *with_query { target } else { split_query(target).0 };
                path.to_vec()
            }),
            Self::Attribute(attribute) => return inputs.request.attribute(attribute),
        })
    }

    /// The request headers it reads.
    pub(super) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        let (name, other) = match self {
            Self::Request(name, other) => (Some(name), other.as_ref()),
            Self::Path { .. } => (Some(&PATH), None),
            Self::Response(..) | Self::Attribute(_) => (None, None),
        };
        name.into_iter().chain(other)
    }
}

/// What commands look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Requests, responses and their connections.
    Http,
    /// TCP connections.
    Connection,
}

/// Parses what stands between two percent signs.
pub(super) fn parse(source: &str, scope: Scope) -> Result<(Command, Option<usize>), ConfigError> {
    let wrong = |reason: &dyn std::fmt::Display| ConfigError::new(format_args!("`%{source}%`: {reason}"));
    // Names of headers may begin with a colon; what cuts a value follows the bracket.
    let bracket = source.rfind(')').map_or(0, |bracket| bracket.saturating_add(1));
    let (head, limit) =
        match source.split_at_checked(bracket) {
            Some((head, "")) if !head.is_empty() => (head, None),
            Some((head, rest)) if !head.is_empty() => {
                let limit = rest.strip_prefix(':');
                (
                    head,
                    Some(limit.ok_or_else(|| {
                        wrong(&format_args!("`{rest}` behind the bracket: write `:{rest}`"))
                    })?),
                )
            }
            _ => source.split_once(':').map_or((source, None), |(head, limit)| (head, Some(limit))),
        };
    let limit = limit.map(|limit| match limit.parse::<usize>() {
        Ok(bytes) if bytes > 0 && !limit.starts_with('+') => Ok(bytes),
        _ => Err(wrong(&format_args!("`{limit}` is not a number of bytes"))),
    });
    let limit = limit.transpose()?;
    let (name, argument) = match head.strip_suffix(')').and_then(|head| head.split_once('(')) {
        Some((name, argument)) => (name, Some(argument)),
        None => (head, None),
    };
    let names = |argument: &str| {
        let (name, other) = match argument.split_once('?') {
            Some((name, other)) => (name, Some(other)),
            None => (argument, None),
        };
        let readable = |name| HeaderName::readable(name).map_err(|error| wrong(&error));
        Ok::<_, ConfigError>((readable(name)?, other.map(readable).transpose()?))
    };
    let command = match (name, argument) {
        ("ATTR", Some(argument)) => {
            let attribute =
                Named::find(argument, scope == Scope::Connection).map_err(|error| wrong(&error))?;
            Command::Attribute(attribute)
        }
        ("ATTR", None) => {
            return Err(ConfigError::new(format_args!("`%{source}%` needs a name in brackets")));
        }
        _ if scope == Scope::Connection => {
            return Err(ConfigError::new(format_args!(
                "`%{source}%` is not for connections: use %ATTR(name)%, such as %ATTR(source.address)%, or %% for a \
                 percent sign"
            )));
        }
        ("REQ", Some(argument)) => names(argument).map(|(name, other)| Command::Request(name, other))?,
        ("RESP", Some(argument)) => names(argument).map(|(name, other)| Command::Response(name, other))?,
        ("PATH", None | Some("" | "WQ")) => Command::Path { with_query: true },
        ("PATH", Some("NQ")) => Command::Path { with_query: false },
        ("PATH", Some(_)) => {
            return Err(wrong(&"write WQ for the path with its query, NQ for it without"));
        }
        ("REQ" | "RESP", None) => {
            return Err(ConfigError::new(format_args!("`%{source}%` needs a name in brackets")));
        }
        _ => {
            return Err(ConfigError::new(format_args!(
                "unknown command `%{source}%`: use %REQ(name)%, %RESP(name)%, %PATH%, %ATTR(name)%, or %% for a percent sign"
            )));
        }
    };
    Ok((command, limit))
}
