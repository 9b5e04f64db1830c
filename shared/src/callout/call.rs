//! A call to another service, and how it is sent.

use std::time::Duration;

use super::grpc_service::grpc_service;
use super::metadata::Metadata;
#[cfg(doc)]
use super::response::CallError;
use super::table::{Cancel, GRPC};
use crate::clock;
use crate::headers::{HeaderName, HeaderValue};
use crate::sys::{self, HostError};

/// The timeout of a call that does not set one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// A serialized header map without pairs.
const NO_TRAILERS: [u8; 4] = [0; 4];

/// A call, ready to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    kind: Kind,
    cluster: Vec<u8>,
    headers: Metadata,
    body: Vec<u8>,
    timeout: Duration,
}

/// How a call is sent and canceled. Functions, because a module imports only the hostcalls that its code refers to: one that
/// calls no HTTP service does not import `proxy_http_call`.
#[derive(Clone, Copy, Debug)]
struct Kind {
    send: fn(&Call) -> Result<u32, HostError>,
    cancel: Cancel,
    /// The full name of the service and the method. Empty for HTTP.
    method: (&'static str, &'static str),
}

impl Call {
    /// Creates an HTTP request to a cluster. If a header value contains control characters, the call fails with
    /// [`CallError::NotSent`].
    pub fn http(cluster: &str, authority: &str, method: &str, path: impl Into<Vec<u8>>) -> Self {
        Self {
            kind: Kind { send: send_http, cancel: None, method: ("", "") },
            cluster: cluster.into(),
            headers: Metadata(vec![
                (b":method".to_vec(), method.into()),
                (b":path".to_vec(), path.into()),
                (b":authority".to_vec(), authority.into()),
            ]),
            body: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Creates a unary gRPC call to a cluster, with the full name of the service, the method and the serialized
    /// request.
    pub fn grpc(cluster: &str, service: &'static str, method: &'static str, message: Vec<u8>) -> Self {
        let kind = Kind { send: send_grpc, cancel: GRPC, method: (service, method) };
        Self {
            kind,
            cluster: cluster.into(),
            headers: Metadata::default(),
            body: message,
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Adds a header, or gRPC metadata.
    #[must_use]
    pub fn header(mut self, name: &HeaderName, value: &HeaderValue) -> Self {
        self.headers.push(name, value);
        self
    }

    /// Sets the body of an HTTP request.
    #[must_use]
    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    /// Sets how long to wait for the response, in whole milliseconds (at least 1). The default is 1 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns how to cancel the call.
    pub(crate) fn cancel(&self) -> Cancel {
        self.kind.cancel
    }

    /// Sends the call and returns its token.
    pub(crate) fn send(&self) -> Result<u32, HostError> {
        (self.kind.send)(self)
    }
}

fn send_http(call: &Call) -> Result<u32, HostError> {
    let (headers, timeout_milliseconds) = (call.headers.serialized()?, clock::milliseconds(call.timeout));
    sys::http_call(&call.cluster, &headers, &call.body, &NO_TRAILERS, timeout_milliseconds)
}

fn send_grpc(call: &Call) -> Result<u32, HostError> {
    let (headers, timeout_milliseconds) = (call.headers.serialized()?, clock::milliseconds(call.timeout));
    let (service, method) = call.kind.method;
    sys::grpc_call(
        &grpc_service(&call.cluster),
        service.as_bytes(),
        method.as_bytes(),
        &headers,
        &call.body,
        timeout_milliseconds,
    )
}
