//! Value templates in Envoy's command syntax, such as `to %REQ(:authority)%`.
//!
//! | command | value |
//! |---|---|
//! | `%REQ(name)%`, `%REQ(name?other)%` | the first value of a request header, or of `other` if `name` is absent |
//! | `%RESP(name)%`, `%RESP(name?other)%` | the same for a response header |
//! | `%PATH%`, `%PATH(NQ)%` | the request's target, with and without its query |
//! | `%REQ_WITHOUT_QUERY(name)%`, `%REQ_WITHOUT_QUERY(name?other)%` | a request header up to its first question mark |
//! | `%START_TIME%`, `%START_TIME(%Y/%m/%d)%` | when the request arrived, in UTC |
//! | `%PROTOCOL%`, `%DOWNSTREAM_REMOTE_ADDRESS%` and others | what Envoy's command of this name gives |
//! | `%ATTR(source.address)%` | an [attribute](crate::attribute) |
//! | `%%` | a percent sign |
//!
//! `:N` after a command, as in `%REQ(user-agent):20%`, truncates its value to N bytes.
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
mod connection;
mod envoy;
mod parts;

pub use connection::{ConnectionTemplate, NoValue};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::HostError;
use crate::attribute::TextAttribute;
use crate::config::{ConfigError, Invalid};
use crate::headers::{HeaderName, HeaderValue};
use crate::inputs::{HasInputs, Input, Inputs, check_before_response};
use command::Command;
use parts::Parts;

/// A template for a header value, compiled.
///
/// A template may read the response. A filter that renders templates before there is a response refuses such a template
/// with [`check_before_response`].
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Eq, Hash)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct Template(Parts<Command>);

impl Template {
    /// Compiles a template.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// let error = Template::parse("50%").unwrap_err();
    /// assert_eq!(error.to_string(), "`%` has no closing `%`: write `%%` for a percent sign");
    /// ```
    ///
    /// # Errors
    /// A percent sign is unmatched, a command is unknown, or the text cannot be part of a header value.
    pub fn parse(source: &str) -> Result<Self, ConfigError> {
        // Checks the source, so that the error gives the position in the user's text.
        HeaderValue::new(source)?;
        Parts::parse(source, command::parse).map(Self)
    }

    /// Creates a template for the value of a request header.
    pub fn of_header(name: HeaderName) -> Self {
        Self(Parts::of(Command::request(name)))
    }

    /// Creates a template for the value of an attribute, which must be known when the request arrives. Zero bytes in the name
    /// separate segments that contain dots.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert_eq!(Template::of_attribute("xds.route_name")?, Template::parse("%ATTR(xds.route_name)%")?);
    /// let error = Template::of_attribute("response.code").unwrap_err();
    /// assert!(error.to_string().starts_with("`response.code` has no value yet when the request arrives"));
    /// let claim = ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload", "tier"];
    /// assert!(Template::of_attribute(&claim.join("\0")).is_ok());
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// The attribute is unknown, or has no value until there is a response.
    pub fn of_attribute(name: &str) -> Result<Self, ConfigError> {
        let attribute = TextAttribute::find(name, false)
            .map_err(|reason| ConfigError::new(format_args!("`{}`: {reason}", name.replace('\0', "."))))?;
        let template = Self(Parts::of(Command::Attribute(attribute)));
        check_before_response(&template)?;
        Ok(template)
    }

    /// Returns the value, if the template has no commands.
    ///
    /// ```
    /// # use proxy_filter::template::Template;
    /// assert_eq!(Template::parse("100%%")?.constant(), Some(b"100%".as_slice()));
    /// assert_eq!(Template::parse("%PATH%")?.constant(), None);
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    pub fn constant(&self) -> Option<&[u8]> {
        self.0.constant()
    }

    /// Renders the value for a stream. `default` replaces the value of a command that has none. Without a default, the
    /// template then has no value.
    ///
    /// ```
    /// # use proxy_filter::inputs::{Inputs, Snapshot};
    /// # use proxy_filter::template::Template;
    /// let template = Template::parse("user %REQ(x-user)%")?;
    /// let anonymous = Snapshot::default();
    /// assert_eq!(template.render(&Inputs::of_request(&anonymous), None)?, None);
    /// let value = template.render(&Inputs::of_request(&anonymous), Some(b"-"))?;
    /// assert_eq!(value.as_deref(), Some(b"user -".as_slice()));
    /// # Ok::<(), proxy_filter::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the host's error if an attribute cannot be read.
    pub fn render(&self, inputs: &Inputs<'_>, default: Option<&[u8]>) -> Result<Option<Vec<u8>>, HostError> {
        self.0.fill(|command| Ok(command.value(inputs)?.or_else(|| default.map(<[u8]>::to_vec))))
    }
}

impl TryFrom<String> for Template {
    type Error = Invalid;

    fn try_from(source: String) -> Result<Self, Invalid> {
        Ok(Self::parse(&source)?)
    }
}

impl HasInputs for Template {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        self.0.commands().for_each(|command| command.visit_inputs(visit));
    }
}

#[cfg(test)]
mod tests;
