//! Decides which requests Envoy can send to an upstream, and how it responds to the others.

use proxy_filter::headers::HeaderName;

use super::stop::{FAILED, Message, Stop};
use crate::message::Response;
use crate::reply::Reply;

/// The body of Envoy's response if it notices too late that it cannot send a request.
const TERMINATED: &str =
    "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

/// Fails a request with headers that Envoy accepts from a filter but not from a client. Hostcalls accept any header,
/// but the request fails when Envoy sends it. Responses are sent with any headers.
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
