//! What a limited client gets.

use proxy_filter::flow::Reply;
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::report::{Report, without};

pub(crate) const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// Bytes of a body that become a gRPC client's `grpc-message` at most, as they are written there: in per cent where
/// they are not printable (gRPC over HTTP/2, "Responses").
const MOST_MESSAGE: usize = 1024;

/// gRPC's `RESOURCE_EXHAUSTED` and `UNAVAILABLE`.
const GRPC_RESOURCE_EXHAUSTED: u32 = 8;
const GRPC_UNAVAILABLE: u32 = 14;

/// The reply as configured.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    /// A sentence that says when to come back, where none is configured.
    pub(crate) body: Option<String>,
    pub(crate) headers: Report,
}

/// When the same request would pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    AfterSeconds(u64),
    /// Nobody knows when.
    Later,
    /// Not for all time: it lacks a part of a key.
    Never,
}

impl Again {
    pub(crate) fn seconds(self) -> Option<u64> {
        match self {
            Self::AfterSeconds(seconds) => Some(seconds),
            Self::Later | Self::Never => None,
        }
    }
}

impl Refusal {
    /// The reply to a request. A body and headers that an engine wants take the place of those that are configured.
    /// `is_grpc` is asked only where the client's kind makes a difference.
    pub(crate) fn reply(
        &self,
        again: Again,
        body: Vec<u8>,
        report: Report,
        is_grpc: impl FnOnce() -> bool,
    ) -> Reply {
        let sentence = || match again {
            Again::AfterSeconds(seconds) => format!("too many requests, retry after {seconds} s\n"),
            Again::Later => "too many requests, retry later\n".into(),
            Again::Never => "this request lacks what requests are counted by\n".into(),
        };
        let mut body = match body.is_empty() {
            true => self.body.clone().unwrap_or_else(sentence).into_bytes(),
            false => body,
        };
        let end = end_of_message(&body);
        if end < body.len() && is_grpc() {
            body.truncate(end);
        }
        let reply = Reply::new(self.status).details("rate_limited").body(body);
        with(
            reply.grpc_status(GRPC_RESOURCE_EXHAUSTED),
            without(self.headers.clone(), &report).into_iter().chain(report),
        )
    }
}

/// Where a body has to end to be a gRPC client's message.
fn end_of_message(body: &[u8]) -> usize {
    let written = |byte: &u8| if matches!(byte, b' '..=b'~') && *byte != b'%' { 1 } else { 3 };
    let mut room = MOST_MESSAGE;
    let fits = |byte: &&u8| match room.checked_sub(written(byte)) {
        Some(rest) => {
            room = rest;
            true
        }
        None => false,
    };
    body.iter().take_while(fits).count()
}

/// The reply to a request that nobody can decide on.
pub(crate) fn undecided() -> Reply {
    let reply = Reply::new(503).details("rate_limit_service_failed").grpc_status(GRPC_UNAVAILABLE);
    with(reply.body("the rate limit service fails, try again later\n"), std::iter::empty())
}

fn with(reply: Reply, headers: impl Iterator<Item = (HeaderName, HeaderValue)>) -> Reply {
    let headers: Report = headers.collect();
    let text = (!headers.iter().any(|(name, _)| *name == CONTENT_TYPE)).then_some((CONTENT_TYPE, TEXT));
    text.into_iter().chain(headers).fold(reply, |reply, (name, value)| reply.header(name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_cut_as_they_are_written() {
        for (body, end) in [
            (b"a".repeat(10), 10),
            (b"a".repeat(MOST_MESSAGE), MOST_MESSAGE),
            (b"a".repeat(5_000_000), MOST_MESSAGE),
            (b"\n".repeat(2000), 341),
            (b"%".repeat(2000), 341),
        ] {
            assert_eq!(end_of_message(&body), end, "{:?}", body.first());
        }
    }
}
