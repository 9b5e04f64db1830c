//! Compiles the reply to limited requests, and the choice of headers.

use proxy_filter::config::ConfigError;
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::config::reply::{ErrorStatus, HeaderConfig, ReplyConfig};
use crate::limit_headers::LimitHeaders;
use crate::reply::LimitedReply;

impl LimitedReply {
    /// # Errors
    /// A header cannot be configured.
    pub(super) fn new(config: ReplyConfig, limit_headers: LimitHeaders) -> Result<Self, ConfigError> {
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (name, value) in config.headers.unwrap_or_default().0 {
            let checked = checked(&name, &headers, limit_headers);
            headers.push((checked.map_err(|error| error.in_field(&name).in_field("headers"))?, value));
        }
        Ok(Self {
            status: config.status.map_or(429, |ErrorStatus(status)| status),
            body: config.body,
            headers,
        })
    }
}

/// Checks that a reply may have this header, and has it only once.
fn checked(
    name: &str,
    others: &[(HeaderName, HeaderValue)],
    limit_headers: LimitHeaders,
) -> Result<HeaderName, ConfigError> {
    let name = HeaderName::new(name)?;
    let wrong = match name.as_str() {
        _ if name.is_framing() => "frames the body, so Envoy sets it: remove it",
        "grpc-status" | "grpc-message" => {
            "is set for gRPC clients, to RESOURCE_EXHAUSTED and the body: remove it"
        }
        "retry-after" if limit_headers.retry_after => {
            "is set to the seconds to wait: remove it, or leave `retry-after` out of the top-level `headers`"
        }
        _ if name.is_hop_by_hop() => "belongs to the connection, so Envoy sets it: remove it",
        _ if others.iter().any(|(other, _)| *other == name) => {
            "is given twice, because case does not matter in header names: remove one"
        }
        _ => return Ok(name),
    };
    Err(ConfigError::new(wrong))
}

impl From<&[HeaderConfig]> for LimitHeaders {
    fn from(headers: &[HeaderConfig]) -> Self {
        Self {
            retry_after: headers.contains(&HeaderConfig::RetryAfter),
            ratelimit: headers.contains(&HeaderConfig::Ratelimit),
            x_ratelimit: headers.contains(&HeaderConfig::XRatelimit),
        }
    }
}
