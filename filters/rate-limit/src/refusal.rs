//! What a limited client gets.

use proxy_filter::flow::Reply;
use proxy_filter::headers::{HeaderName, HeaderValue};

use crate::report::Report;

const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
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

impl Refusal {
    /// The reply to a request that would pass after so many seconds; `None` if time does not help. A body and
    /// headers that an engine wants come before those that are configured.
    pub(crate) fn reply(&self, seconds: Option<u64>, body: Vec<u8>, report: Report) -> Reply {
        let sentence = || match seconds {
            Some(seconds) => format!("too many requests, retry after {seconds} s\n"),
            None => "this request lacks what requests are counted by\n".into(),
        };
        let body = match body.is_empty() {
            true => self.body.clone().unwrap_or_else(sentence).into_bytes(),
            false => body,
        };
        let reply = Reply::new(self.status).details("rate_limited").body(body);
        with(reply.grpc_status(GRPC_RESOURCE_EXHAUSTED), self.headers.iter().cloned().chain(report))
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
