//! What a limited client gets.

use proxy_filter::flow::Reply;
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::report::{Report, without};

pub(crate) const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

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
    pub(crate) fn reply(&self, again: Again, body: Vec<u8>, report: Report) -> Reply {
        let sentence = || match again {
            Again::AfterSeconds(seconds) => format!("too many requests, retry after {seconds} s\n"),
            Again::Later => "too many requests, retry later\n".into(),
            Again::Never => "this request lacks what requests are counted by\n".into(),
        };
        let body = match body.is_empty() {
            true => self.body.clone().unwrap_or_else(sentence).into_bytes(),
            false => body,
        };
        let reply = Reply::new(self.status).details("rate_limited").body(body);
        with(
            reply.grpc_status(GRPC_RESOURCE_EXHAUSTED),
            without(self.headers.clone(), &report).into_iter().chain(report),
        )
    }
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
