//! What a request phase returns.

use crate::callout::Call;
use crate::headers::{HeaderName, HeaderValue, serialize_pairs};
use crate::sys::{self, HostError};

/// The tag of a filter that never returns [`Flow::Call`]. It has no values, so the compiler enforces this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTag {}

/// What to do with a request after a phase; `T` is the filter's [`Tag`](crate::http::HttpFilter::Tag).
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, filter_fn};
/// # filter_fn::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// let user = headers.get(&HeaderName::from_static("x-user"))?;
/// # let outcome: Result<Flow, HostError> =
/// Ok(if user.is_none() { Flow::Reply(Reply::new(401)) } else { Flow::Continue })
/// # ;
/// # assert!(matches!(outcome, Ok(Flow::Reply(_))));
/// # Ok(Flow::Continue)
/// # });
/// ```
#[derive(Clone, Debug)]
pub enum Flow<T = NoTag> {
    /// Pass the request on to the next filter.
    Continue,
    /// Hold the request and make this call. [`OnCallResponse`](crate::http::OnCallResponse) gets its
    /// response, with the tag.
    Call(Call, T),
    /// Reply to the client. The upstream never sees the request.
    Reply(Reply),
}

/// A reply to the client, sent instead of passing the request on.
///
/// It goes through the response phases of the filters in the chain, this one included.
///
/// ```
/// use proxy_filter::prelude::*;
///
/// let reply = Reply::new(429).header(HeaderName::from_static("retry-after"), HeaderValue::from(20_u64));
/// assert_eq!(reply.status(), 429);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    status: u16,
    details: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
    grpc_status: Option<u32>,
}

impl Reply {
    /// Creates a reply with this HTTP status and nothing else.
    pub fn new(status: u16) -> Self {
        Self { status, details: "", headers: Vec::new(), body: Vec::new(), grpc_status: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the `grpc-status` that gRPC clients get, for example 8 (`RESOURCE_EXHAUSTED`). Without it,
    /// Envoy derives one from the HTTP status: `UNAVAILABLE` for a 429.
    #[must_use]
    pub fn grpc_status(mut self, status: u32) -> Self {
        self.grpc_status = Some(status);
        self
    }

    /// Sets what access logs show as `%RESPONSE_CODE_DETAILS%`: one word without spaces.
    #[must_use]
    pub fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn send(&self) -> Result<(), HostError> {
        let headers = serialize_pairs(self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())))?;
        let grpc_status = self.grpc_status.and_then(|status| i32::try_from(status).ok()).unwrap_or(-1);
        sys::send_local_response(
            u32::from(self.status),
            self.details.as_bytes(),
            &self.body,
            &headers,
            grpc_status,
        )
    }
}
