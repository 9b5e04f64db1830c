//! What a request phase returns.

use crate::callout::Call;
use crate::headers::{HeaderName, HeaderValue, serialize_pairs};
use crate::sys::{self, HostError, LocalResponse};

/// How a request goes on after a phase; `T` is the filter's [`Tag`](crate::http::HttpFilter::Tag).
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
pub enum Flow<T = ()> {
    /// On to the next filter.
    Continue,
    /// The request waits for the answer to this call, which comes to
    /// [`OnCallResponse`](crate::http::OnCallResponse) with the tag.
    Call(Call, T),
    /// The request ends here with this reply; the upstream never sees it.
    Reply(Reply),
}

/// A reply to the client in the upstream's stead.
///
/// It passes through the response phases of the filters of the chain, this one included.
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
    /// A reply with this HTTP status and nothing else.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// let reply = Reply::new(204);
    /// # let send = reply.clone();
    /// # let exchange = filter_fn::on_request_headers(Request::get("/"), move |_| Ok(Flow::Reply(send.clone())));
    /// assert_eq!(exchange.response.status(), 204);
    /// ```
    pub fn new(status: u16) -> Self {
        Self { status, details: "", headers: Vec::new(), body: Vec::new(), grpc_status: None }
    }

    /// Adds a header.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// let reply = Reply::new(429).header(HeaderName::from_static("retry-after"), HeaderValue::from(20_u64));
    /// # let send = reply.clone();
    /// # let exchange = filter_fn::on_request_headers(Request::get("/"), move |_| Ok(Flow::Reply(send.clone())));
    /// assert_eq!(exchange.response.headers.values("retry-after"), ["20"]);
    /// ```
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the body.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// let reply = Reply::new(403).body("no\n");
    /// # let send = reply.clone();
    /// # let exchange = filter_fn::on_request_headers(Request::get("/"), move |_| Ok(Flow::Reply(send.clone())));
    /// assert_eq!(exchange.response.body.concat(), b"no\n");
    /// ```
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the `grpc-status` that gRPC clients get, for example 8 (`RESOURCE_EXHAUSTED`). Without
    /// it Envoy derives one from the HTTP status, which makes a 429 `UNAVAILABLE`.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// let reply = Reply::new(429).grpc_status(8);
    /// # let send = reply.clone();
    /// # let exchange = filter_fn::on_request_headers(Request::get("/"), move |_| Ok(Flow::Reply(send.clone())));
    /// assert_eq!(exchange.response.status(), 429);
    /// ```
    #[must_use]
    pub fn grpc_status(mut self, status: u32) -> Self {
        self.grpc_status = Some(status);
        self
    }

    /// Sets what access logs show as `%RESPONSE_CODE_DETAILS%`: one word, no spaces.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// let reply = Reply::new(429).details("rate_limited");
    /// # let send = reply.clone();
    /// # let exchange = filter_fn::on_request_headers(Request::get("/"), move |_| Ok(Flow::Reply(send.clone())));
    /// assert_eq!(exchange.response.status(), 429);
    /// ```
    #[must_use]
    pub fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// The HTTP status.
    ///
    /// ```
    /// # use proxy_filter::prelude::*;
    /// # use proxy_model::{Request, filter_fn};
    /// let reply = Reply::new(429);
    /// # let send = reply.clone();
    /// # let exchange = filter_fn::on_request_headers(Request::get("/"), move |_| Ok(Flow::Reply(send.clone())));
    /// assert_eq!(reply.status(), 429);
    /// ```
    pub fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn send(&self) -> Result<(), HostError> {
        let headers = serialize_pairs(self.headers.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())))?;
        sys::send_local_response(LocalResponse {
            status: self.status,
            details: self.details,
            headers: &headers,
            body: &self.body,
            grpc_status: self.grpc_status.and_then(|status| i32::try_from(status).ok()).unwrap_or(-1),
        })
    }
}
