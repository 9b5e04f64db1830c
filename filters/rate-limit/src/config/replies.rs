//! What clients get: the reply, and headers.

use std::collections::BTreeSet;

use proxy_filter::config::ConfigError;
use proxy_filter::headers::{HeaderName, HeaderValue};

use super::{HeaderConfig, ReplyConfig};
use crate::limit_headers::LimitHeaders;
use crate::reply::LimitedReply;

pub(super) fn refusal(config: ReplyConfig, shown: LimitHeaders) -> Result<LimitedReply, ConfigError> {
    let status = config.status.unwrap_or(429);
    if !(400..=599).contains(&status) {
        let wrong = format_args!("{status} refuses nothing: give 400 to 599").to_string();
        return Err(ConfigError::new(wrong).in_field("status"));
    }
    let mut names = BTreeSet::new();
    let header = |(name, value): (String, String)| {
        let place = |error: ConfigError| error.in_field(&name).in_field("headers");
        let value = HeaderValue::new(value).map_err(|error| place(ConfigError::new(error)))?;
        let known = HeaderName::new(&name).map_err(|error| place(ConfigError::new(error)))?;
        let wrong = match known.as_str() {
            "content-length" | "transfer-encoding" => "it frames the body: Envoy sets it",
            "grpc-status" | "grpc-message" => "it is set for gRPC clients: RESOURCE_EXHAUSTED",
            "retry-after" if shown.retry_after => {
                "it is set to when to come back: leave `retry-after` out of `headers` first"
            }
            _ if known.is_hop_by_hop() => "it belongs to a connection: Envoy sets it",
            _ if !names.insert(known.to_string()) => "it is there twice: names of headers have no capitals",
            _ => return Ok((known, value)),
        };
        Err(place(ConfigError::new(wrong)))
    };
    let headers = config.headers.unwrap_or_default().into_iter().map(header).collect::<Result<_, _>>()?;
    Ok(LimitedReply { status, body: config.body, headers })
}

pub(super) fn shown(headers: &[HeaderConfig]) -> LimitHeaders {
    let mut shown = LimitHeaders::default();
    for header in headers {
        match header {
            HeaderConfig::RetryAfter => shown.retry_after = true,
            HeaderConfig::Ratelimit => shown.ratelimit = true,
            HeaderConfig::XRatelimit => shown.x_ratelimit = true,
        }
    }
    shown
}
