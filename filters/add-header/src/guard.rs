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
}

/// Checks a name that a rule wants to write.
pub(crate) fn writable(name: &str) -> Result<HeaderName, Refused> {
    if name.starts_with(':') {
        return Err(Refused::Pseudo(HeaderName::readable(name)?));
    }
    let name = HeaderName::new(name)?;
    match name.as_str() {
        "host" => Err(Refused::Host),
        "content-length" | "transfer-encoding" => Err(Refused::Framing(name)),
        "connection" | "keep-alive" | "proxy-connection" | "te" | "trailer" | "upgrade" => {
            Err(Refused::HopByHop(name))
        }
        _ => Ok(name),
    }
}
