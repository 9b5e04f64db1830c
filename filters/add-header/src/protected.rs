//! Headers that no rule may change.

use proxy_filter::config::ConfigError;
use proxy_filter::headers::{HeaderName, InvalidHeaderName};

/// Why no rule may change a header.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Protected {
    #[error(transparent)]
    Invalid(#[from] InvalidHeaderName),
    #[error("`{0}` is a pseudo-header, and a change can break the request: use path-rewrite for the path")]
    Pseudo(HeaderName),
    #[error("`host` selects the route: set it in Envoy's route (host_rewrite_literal)")]
    Host,
    #[error("`{0}` delimits the body, and a wrong one enables request smuggling: leave it to Envoy")]
    Framing(HeaderName),
    #[error(
        "`{0}` belongs to one connection (RFC 9110, section 7.6.1), and Envoy manages it: use another header"
    )]
    HopByHop(HeaderName),
    #[error("Envoy finds no route for a request without `{0}`: set it instead")]
    Required(HeaderName),
}

/// Without this header, Envoy finds no route.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Checks the name of a header to write.
pub(crate) fn writable(name: &str) -> Result<HeaderName, ConfigError> {
    may_write(name).map_err(ConfigError::new)
}

/// Checks the name of a header to remove.
pub(crate) fn removable(name: &str) -> Result<HeaderName, ConfigError> {
    may_remove(name).map_err(ConfigError::new)
}

fn may_write(name: &str) -> Result<HeaderName, Protected> {
    if name.starts_with(':') {
        return Err(Protected::Pseudo(HeaderName::readable(name)?));
    }
    match HeaderName::new(name)? {
        name if name.as_str() == "host" => Err(Protected::Host),
        name if name.is_framing() => Err(Protected::Framing(name)),
        name if name.is_hop_by_hop() => Err(Protected::HopByHop(name)),
        name => Ok(name),
    }
}

/// Returns the name if a rule may remove this header.
pub(crate) fn may_remove(name: &str) -> Result<HeaderName, Protected> {
    match may_write(name)? {
        name if name.as_str() == FORWARDED_PROTO => Err(Protected::Required(name)),
        name => Ok(name),
    }
}
