//! The replies to limited requests.

use proxy_filter::flow::Reply;
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::header_list::{HeaderList, without};

pub(crate) const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// The most bytes of a gRPC client's `grpc-message`, in which Envoy percent-encodes bytes that are not printable (gRPC
/// over HTTP/2, "Responses").
const MESSAGE_LIMIT: usize = 1024;

/// gRPC's `RESOURCE_EXHAUSTED` and `UNAVAILABLE`.
const GRPC_RESOURCE_EXHAUSTED: u32 = 8;
const GRPC_UNAVAILABLE: u32 = 14;

/// The configured reply to limited requests.
#[derive(Debug)]
pub(crate) struct LimitedReply {
    pub(crate) status: u16,
    /// If `None`, a sentence that says when to retry.
    pub(crate) body: Option<String>,
    pub(crate) headers: HeaderList,
}

/// When to retry a limited request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    AfterSeconds(u64),
    /// Later; the time is unknown.
    Later,
    /// Never: the request lacks a part of a key.
    Never,
}

impl Retry {
    pub(crate) fn seconds(self) -> Option<u64> {
        match self {
            Self::AfterSeconds(seconds) => Some(seconds),
            Self::Later | Self::Never => None,
        }
    }
}

impl LimitedReply {
    /// Builds the reply to a request. A body and headers from the rate limit service replace the configured ones. Calls
    /// `is_grpc` only if it matters.
    pub(crate) fn reply(
        &self,
        retry: Retry,
        body: Vec<u8>,
        headers: HeaderList,
        is_grpc: impl FnOnce() -> bool,
    ) -> Reply {
        let sentence = || match retry {
            Retry::AfterSeconds(seconds) => format!("too many requests, retry after {seconds} s\n"),
            Retry::Later => "too many requests, retry later\n".into(),
            Retry::Never => "the request lacks a part of the rate limit key\n".into(),
        };
        let mut body = match body.is_empty() {
            true => self.body.clone().unwrap_or_else(sentence).into_bytes(),
            false => body,
        };
        let end = message_end(&body);
        if end < body.len() && is_grpc() {
            body.truncate(end);
        }
        let reply = Reply::new(self.status).details("rate_limited").body(body);
        with(
            reply.grpc_status(GRPC_RESOURCE_EXHAUSTED),
            without(self.headers.clone(), &headers).into_iter().chain(headers),
        )
    }
}

/// Returns the length to which a body must be truncated to fit into `grpc-message`.
fn message_end(body: &[u8]) -> usize {
    let encoded = |byte: &u8| if matches!(byte, b' '..=b'~') && *byte != b'%' { 1 } else { 3 };
    let mut room = MESSAGE_LIMIT;
    let fits = |byte: &&u8| match room.checked_sub(encoded(byte)) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    };
    body.iter().take_while(fits).count()
}

/// Builds the reply for a failed rate limit service with `"on_error": "deny"`.
pub(crate) fn service_failed() -> Reply {
    let reply = Reply::new(503).details("rate_limit_service_failed").grpc_status(GRPC_UNAVAILABLE);
    with(reply.body("the rate limit service failed, retry later\n"), std::iter::empty())
}

fn with(reply: Reply, headers: impl Iterator<Item = (HeaderName, HeaderValue)>) -> Reply {
    let headers: HeaderList = headers.collect();
    let text = (!headers.iter().any(|(name, _)| *name == CONTENT_TYPE)).then_some((CONTENT_TYPE, TEXT));
    text.into_iter().chain(headers).fold(reply, |reply, (name, value)| reply.header(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_truncated_by_their_encoded_length() {
        for (body, end) in [
            (b"a".repeat(10), 10),
            (b"a".repeat(MESSAGE_LIMIT), MESSAGE_LIMIT),
            (b"a".repeat(5_000_000), MESSAGE_LIMIT),
            (b"\n".repeat(2000), 341),
            (b"%".repeat(2000), 341),
        ] {
            assert_eq!(message_end(&body), end, "{:?}", body.first());
        }
    }
}
