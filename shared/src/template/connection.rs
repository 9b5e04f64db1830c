//! Templates for TCP connections.

use std::cell::Cell;

use schemars::JsonSchema;
use serde::Deserialize;

use super::command;
use super::parts::Parts;
use crate::HostError;
use crate::attribute::TextAttribute;
use crate::config::{ConfigError, Invalid};

/// A template for a TCP connection: text with `%ATTR(name)%` for connection attributes.
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::template::ConnectionTemplate;
/// # use proxy_model::filter_fn;
/// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
/// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
/// let template = ConnectionTemplate::parse("from %ATTR(source.address)%\n").unwrap();
/// assert_eq!(template.render()?.as_deref(), Ok(b"from 127.0.0.1:40711\n".as_slice()));
/// let name = ConnectionTemplate::parse("%ATTR(connection.requested_server_name)%").unwrap();
/// let missing = name.render()?.unwrap_err();
/// assert_eq!(missing.to_string(), "no value for `connection.requested_server_name`");
/// # Ok(TcpFlow::Continue)
/// # });
/// ```
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct ConnectionTemplate(Parts<TextAttribute>);

/// The error for a connection without an attribute that a template reads.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no value for `{0}`")]
pub struct NoValue(String);

impl ConnectionTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// A percent sign is unmatched, or a command is unknown or reads a request or response.
    pub fn parse(source: &str) -> Result<Self, ConfigError> {
        Parts::parse(source, parse).map(Self)
    }

    /// Creates a template without commands, with these bytes as its value.
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self(Parts::of_text(bytes))
    }

    /// Returns the value, if the template has no commands.
    pub fn constant(&self) -> Option<&[u8]> {
        self.0.constant()
    }

    /// Returns the minimum size of a value in bytes.
    pub fn min_size(&self) -> usize {
        self.0.text_size()
    }

    /// Renders the value for the connection, in one of its phases.
    ///
    /// An empty attribute counts as missing, because Envoy reports the absence of a server name or a certificate that
    /// way. So does an attribute with control characters, because a client could use them to forge the text after it.
    ///
    /// # Errors
    /// Returns the host's error if an attribute cannot be read. [`NoValue`] names a missing attribute.
    pub fn render(&self) -> Result<Result<Vec<u8>, NoValue>, HostError> {
        let missing = Cell::new(None);
        let filled = self.0.fill(|attribute| {
            let value = attribute.get()?;
            let value = value.filter(|value| !value.is_empty() && !value.iter().any(u8::is_ascii_control));
            if value.is_none() {
                missing.set(Some(attribute.to_string()));
            }
            Ok(value)
        })?;
        Ok(filled.ok_or_else(|| NoValue(missing.take().unwrap_or_default())))
    }
}

/// Parses the text between two percent signs: an attribute, and the number of bytes to which its value is truncated.
fn parse(source: &str) -> Result<(TextAttribute, Option<usize>), ConfigError> {
    let (name, argument, limit) = command::split(source)?;
    match command::attribute(source, name, argument, true)? {
        Some(attribute) => Ok((attribute, limit)),
        None => Err(ConfigError::new(format_args!(
            "`%{source}%` is not for connections: use %ATTR(name)%, such as %ATTR(source.address)%, or %% for a percent \
             sign"
        ))),
    }
}

impl TryFrom<String> for ConnectionTemplate {
    type Error = Invalid;

    fn try_from(source: String) -> Result<Self, Invalid> {
        Ok(Self::parse(&source)?)
    }
}
