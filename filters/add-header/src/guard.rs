//! Headers that no rule may write, and why.

use proxy_filter::headers::{HeaderName, InvalidHeaderName};

/// Why a header is not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    NotAName(#[from] InvalidHeaderName),
    #[error(
        "`{0}` is a pseudo-header, and changing one can break the request: use path-rewrite for the path"
    )]
    Pseudo(HeaderName),
    #[error("`host` decides where the request goes: set it in Envoy's route (host_rewrite_literal)")]
    Host,
    #[error("`{0}` frames the body: a wrong one lets requests be smuggled")]
    Framing(HeaderName),
    #[error("`{0}` belongs to one connection (RFC 9110, section 7.6.1) and Envoy manages it")]
    HopByHop(HeaderName),
    #[error("Envoy finds no route for a request without `{0}`: set it, or leave it")]
    Needed(HeaderName),
}

/// Without it Envoy finds no route.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Checks a name that a rule wants to take away.
pub(crate) fn removable(name: &str) -> Result<HeaderName, Refused> {
    match writable(name)? {
        name if name.as_str() == FORWARDED_PROTO => Err(Refused::Needed(name)),
        name => Ok(name),
    }
}

/// Checks a name that a rule wants to write.
pub(crate) fn writable(name: &str) -> Result<HeaderName, Refused> {
    if name.starts_with(':') {
        return Err(Refused::Pseudo(HeaderName::readable(name)?));
    }
    let name = HeaderName::new(name)?;
    match name {
        name if name.as_str() == "host" => Err(Refused::Host),
        name if name.is_framing() => Err(Refused::Framing(name)),
        name if name.is_hop_by_hop() => Err(Refused::HopByHop(name)),
        name => Ok(name),
    }
}
