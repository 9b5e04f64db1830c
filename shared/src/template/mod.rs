//! Values with holes, in Envoy's command syntax: `to %REQ(:authority)%`.
//!
//! | command | what it gives |
//! |---|---|
//! | `%REQ(name)%`, `%REQ(name?other)%` | the first value of a request header, or of the other where there is none |
//! | `%RESP(name)%`, `%RESP(name?other)%` | the same of a response header |
//! | `%PATH%`, `%PATH(NQ)%` | the request's target, with and without its query |
//! | `%ATTR(source.address)%` | an [attribute](crate::attribute) |
//! | `%%` | a percent sign |
//!
//! `:N` behind a command, as in `%REQ(user-agent):20%`, cuts its value after N bytes.
//!
//! ```
//! use proxy_filter::headers::HeaderPairs;
//! use proxy_filter::inputs::{Inputs, Snapshot};
//! use proxy_filter::template::Template;
//!
//! let template = Template::parse("%REQ(x-tenant?host):8% is %REQ(:method)%ting")?;
//! let request = Snapshot::of(HeaderPairs::of([(":method", "GET"), (":authority", "tenant-7.example")]));
//! let value = template.render(&Inputs::of_request(&request), None)?;
//! assert_eq!(value.as_deref(), Some(b"tenant-7 is GETting".as_slice()));
//! # Ok::<(), proxy_filter::config::ConfigError>(())
//! ```

mod command;

use std::cell::Cell;

use crate::HostError;
use crate::attribute::Named;
use crate::config::ConfigError;
use crate::headers::{HeaderName, HeaderValue};
use crate::inputs::{Inputs, Snapshot};
use command::{Command, Scope};

/// A compiled template: text, and commands that a stream fills in.
///
/// ```
/// use proxy_filter::template::Template;
///
/// assert!(Template::parse("%REQ(:path)%").is_ok());
/// assert!(Template::parse("%REQUEST(:path)%").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Vec<u8>),
    /// A command, and how many bytes of its value are wanted.
    Hole(Command, Option<usize>),
}

/// An attribute that a connection lacks.
///
/// ```
/// # use proxy_filter::prelude::*;
/// # use proxy_filter::template::{NoValue, Template};
/// # use proxy_model::filter_fn;
/// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
/// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
/// let name = Template::parse_for_connection("%ATTR(connection.requested_server_name)%").unwrap();
/// let missing: Result<Vec<u8>, NoValue> = name.render_connection()?;
/// assert!(missing.is_err());
/// # Ok(TcpFlow::Continue)
/// # });
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no value for `{0}`")]
pub struct NoValue(String);

impl Template {
    /// Compiles a template for requests.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// let error = Template::parse("50%").unwrap_err();
    /// assert_eq!(error.to_string(), "`%` has no closing `%`; write `%%` for a percent sign");
    /// ```
    ///
    /// # Errors
    /// A percent sign that stands alone, a command that is none or has no place here, or a text that
    /// cannot stand in a header.
    pub fn parse(source: &str) -> Result<Self, ConfigError> {
        let template = Self::parse_for_response(source)?;
        if template.reads_response() {
            return Err(ConfigError::new(
                "`%RESP(...)%` is for responses: a request comes before its response",
            ));
        }
        if let Some(attribute) = template.attributes().find(|attribute| attribute.is_of_later()) {
            let wrong =
                format_args!("`%ATTR({attribute})%` has no value yet when a request comes").to_string();
            return Err(ConfigError::new(wrong));
        }
        Ok(template)
    }

    /// The value of a request header.
    ///
    /// ```
    /// # use proxy_filter::{headers::HeaderName, template::Template};
    /// let template = Template::of_header(HeaderName::from_static("x-api-key"));
    /// assert_eq!(template, Template::parse("%REQ(x-api-key)%")?);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn of_header(name: HeaderName) -> Self {
        Self(vec![Part::Hole(Command::Request(name, None), None)])
    }

    /// The value of an attribute when a request comes.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert_eq!(Template::of_attribute("xds.route_name")?, Template::parse("%ATTR(xds.route_name)%")?);
    /// let error = Template::of_attribute("response.code").unwrap_err();
    /// assert_eq!(error.to_string(), "`response.code` has no value yet when a request comes");
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// There is none of this name, or only later.
    pub fn of_attribute(name: &str) -> Result<Self, ConfigError> {
        let attribute = Named::find(name, false)
            .map_err(|reason| ConfigError::new(format_args!("`{}`: {reason}", name.escape_debug())))?;
        if attribute.is_of_later() {
            return Err(ConfigError::new(format_args!("`{name}` has no value yet when a request comes")));
        }
        Ok(Self(vec![Part::Hole(Command::Attribute(attribute), None)]))
    }

    /// Compiles a template for responses.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert!(Template::parse_for_response("%RESP(server)%").is_ok());
    /// assert!(Template::parse("%RESP(server)%").is_err());
    /// ```
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_for_response(source: &str) -> Result<Self, ConfigError> {
        // Here, so that a control character is found where the user wrote it.
        HeaderValue::new(source.as_bytes()).map_err(ConfigError::new)?;
        Self::compile(source, Scope::Http)
    }

    /// Compiles a template for TCP connections: a text of any bytes, with holes for attributes that connections
    /// have.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert!(Template::parse_for_connection("from %ATTR(source.address)%\n").is_ok());
    /// let error = Template::parse_for_connection("%PATH%").unwrap_err();
    /// assert!(error.to_string().starts_with("`%PATH%` is not for connections: use %ATTR(name)%"));
    /// ```
    ///
    /// # Errors
    /// A percent sign that stands alone, or a command that is none or looks at a request or response.
    pub fn parse_for_connection(source: &str) -> Result<Self, ConfigError> {
        Self::compile(source, Scope::Connection)
    }

    fn compile(source: &str, scope: Scope) -> Result<Self, ConfigError> {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once('%') {
            text.extend_from_slice(before.as_bytes());
            let (command, after) = after.split_once('%').ok_or_else(|| {
                ConfigError::new(format_args!("`%{after}` has no closing `%`; write `%%` for a percent sign"))
            })?;
            if command.is_empty() {
                text.push(b'%');
            } else {
                let (command, limit) = command::parse(command, scope)?;
                parts.extend((!text.is_empty()).then(|| Part::Text(std::mem::take(&mut text))));
                parts.push(Part::Hole(command, limit));
            }
            rest = after;
        }
        text.extend_from_slice(rest.as_bytes());
        if !text.is_empty() || parts.is_empty() {
            parts.push(Part::Text(text));
        }
        Ok(Self(parts))
    }

    /// The value, where nothing is needed to know it.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert_eq!(Template::parse("100%%")?.constant(), Some(b"100%".as_slice()));
    /// assert_eq!(Template::parse("%PATH%")?.constant(), None);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn constant(&self) -> Option<&[u8]> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it has holes for a response's headers.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert!(Template::parse_for_response("%RESP(server)%")?.reads_response());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn reads_response(&self) -> bool {
        self.commands().any(|command| matches!(command, Command::Response(..)))
    }

    /// The value. Where a command has none, `default` takes its place; without one there is no value.
    ///
    /// ```
    /// # use proxy_filter::inputs::{Inputs, Snapshot};
    /// # use proxy_filter::template::Template;
    /// let template = Template::parse("user %REQ(x-user)%")?;
    /// let nobody = Snapshot::default();
    /// assert_eq!(template.render(&Inputs::of_request(&nobody), None)?, None);
    /// let value = template.render(&Inputs::of_request(&nobody), Some(b"-"))?;
    /// assert_eq!(value.as_deref(), Some(b"user -".as_slice()));
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// What the host answered instead of an attribute.
    pub fn render(&self, inputs: &Inputs<'_>, default: Option<&[u8]>) -> Result<Option<Vec<u8>>, HostError> {
        self.fill(|command| Ok(command.value(inputs)?.or_else(|| default.map(<[u8]>::to_vec))))
    }

    /// Bytes that a value has at least.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert_eq!(Template::parse("100%% %PATH%")?.least_size(), 5);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn least_size(&self) -> usize {
        let size = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Hole(..) => 0,
        };
        self.0.iter().map(size).sum()
    }

    /// The value for a TCP connection, in one of its phases. There is none where an attribute has none; or an empty
    /// one, which is how Envoy says that a connection has no server name or certificate; or one with control
    /// characters, with which a client could forge what stands behind it.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_filter::template::Template;
    /// # use proxy_model::filter_fn;
    /// # let upstream = filter_fn::on_downstream_data(b"abc", |chunk| {
    /// # if chunk.is_empty() { return Ok(TcpFlow::Continue) }
    /// let template = Template::parse_for_connection("from %ATTR(source.address)%").unwrap();
    /// assert_eq!(template.render_connection()?.as_deref(), Ok(b"from 127.0.0.1:4711".as_slice()));
    /// let name = Template::parse_for_connection("%ATTR(connection.requested_server_name)%").unwrap();
    /// let missing = name.render_connection()?.unwrap_err();
    /// assert_eq!(missing.to_string(), "no value for `connection.requested_server_name`");
    /// # Ok(TcpFlow::Continue)
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead of an attribute.
    pub fn render_connection(&self) -> Result<Result<Vec<u8>, NoValue>, HostError> {
        let (nothing, missing) = (Snapshot::default(), Cell::new(None));
        let filled = self.fill(|command| {
            let value = command.value(&Inputs::of_request(&nothing))?;
            let value = value.filter(|value| !value.is_empty() && !value.iter().any(u8::is_ascii_control));
            if value.is_none() {
                missing.set(Some(command.to_string()));
            }
            Ok(value)
        })?;
        Ok(filled.ok_or_else(|| NoValue(missing.take().unwrap_or_default())))
    }

    /// The text with its holes filled; `None` if one of them has no value.
    fn fill(
        &self,
        value: impl Fn(&Command) -> Result<Option<Vec<u8>>, HostError>,
    ) -> Result<Option<Vec<u8>>, HostError> {
        let mut filled = Vec::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.extend_from_slice(text),
                Part::Hole(command, limit) => {
                    let Some(value) = value(command)? else { return Ok(None) };
                    let end = limit.unwrap_or(usize::MAX).min(value.len());
                    filled.extend_from_slice(value.get(..end).unwrap_or(&value));
                }
            }
        }
        Ok(Some(filled))
    }

    /// The request headers it reads.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.commands().flat_map(Command::headers)
    }

    /// The attributes it reads.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &Named> {
        self.commands().filter_map(|command| match command {
            Command::Attribute(attribute) => Some(attribute),
            Command::Request(..) | Command::Response(..) | Command::Path { .. } => None,
        })
    }

    fn commands(&self) -> impl Iterator<Item = &Command> {
        self.0.iter().filter_map(|part| match part {
            Part::Hole(command, _) => Some(command),
            Part::Text(_) => None,
        })
    }
}

#[cfg(test)]
mod tests;
