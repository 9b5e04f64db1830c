//! What Envoy can send to the upstream, and what it answers where it cannot.

use proxy_filter::headers::HeaderName;

use super::{FAILED, Message, Stop};
use crate::exchange::Response;
use crate::reply::Reply;

/// What Envoy says where it finds out too late that a request cannot be sent.
const TERMINATED: &str =
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

/// What Envoy does with a request that no client of its would have got past it: the hostcalls take
/// every header, and then the request fails. Responses go out whatever they have in them.
pub(super) fn check(message: Message) -> Result<Message, Stop> {
    let is_control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    let refused = message.0.iter().find_map(|(name, value)| {
        let shown = String::from_utf8_lossy(name).into_owned();
        if name.is_empty() {
            Some(TERMINATED.to_owned())
        } else if !name.starts_with(b":") && HeaderName::new(&shown).is_err() {
            Some(format!("invalid header name: {shown}"))
        } else {
            value.iter().any(is_control).then(|| format!("invalid header value for: {shown}"))
        }
    });
    match refused {
        None => Ok(message),
        Some(text) => {
            let response = Response::new(FAILED).header("content-type", "text/plain").body(&[&text]);
            Err(Stop::Reply(Reply { response, details: "upstream_reset_before_response_started".into() }))
        }
    }
}
