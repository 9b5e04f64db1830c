//! A redirect as JSON.

use proxy_filter::config::Invalid;
use proxy_filter::target::Scheme;
use schemars::JsonSchema;
use serde::Deserialize;

use super::host::HostConfig;

/// A redirect. Omitted fields keep the request's own value.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Redirect")]
#[serde(deny_unknown_fields, expecting = "a redirect, such as {\"status\": 308}")]
pub(crate) struct RedirectConfig {
    /// The status: 301, 302, 303, 307 or 308 (default).
    #[serde(default)]
    #[schemars(extend("enum" = [301, 302, 303, 307, 308], "default" = Status::default().0))]
    pub(crate) status: Status,
    /// The scheme: `http` or `https`. Default: the request's.
    #[schemars(extend("enum" = ["http", "https"]))]
    pub(crate) scheme: Option<Scheme>,
    /// The host, without a port. Default: the request's.
    #[schemars(example = &"docs.example.com")]
    pub(crate) host: Option<HostConfig>,
    /// The port. Default: the request's, or with another host the scheme's.
    #[schemars(extend("minimum" = 1))]
    pub(crate) port: Option<Port>,
}

impl RedirectConfig {
    /// Returns whether the redirect changes neither scheme nor host nor port.
    pub(crate) fn is_same_origin(&self) -> bool {
        self.scheme.is_none() && self.host.is_none() && self.port.is_none()
    }
}

/// A status that redirects.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "Option<u16>", description = "")]
#[serde(try_from = "Option<u16>")]
pub(crate) struct Status(pub(crate) u16);

impl Default for Status {
    fn default() -> Self {
        Self(308)
    }
}

impl TryFrom<Option<u16>> for Status {
    type Error = Invalid;

    fn try_from(status: Option<u16>) -> Result<Self, Invalid> {
        match status {
            None => Ok(Self::default()),
            Some(status @ (301 | 302 | 303 | 307 | 308)) => Ok(Self(status)),
            Some(status) => Err(Invalid::new(format_args!(
                "{status} is not a redirect status: use 301, 302, 303, 307 or 308"
            ))),
        }
    }
}

/// A port.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u16", description = "")]
#[serde(try_from = "u16")]
pub(crate) struct Port(pub(crate) u16);

impl TryFrom<u16> for Port {
    type Error = Invalid;

    fn try_from(port: u16) -> Result<Self, Invalid> {
        match port {
            0 => Err(Invalid::new("0 is not a port: use 1 to 65535")),
            port => Ok(Self(port)),
        }
    }
}
