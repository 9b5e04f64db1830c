//! A call to another service, and how it is sent.

use std::time::Duration;

use super::grpc_service::grpc_service;
use super::metadata::Metadata;
#[cfg(doc)]
use super::response::CallError;
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

#[derive(Clone, Debug)]
enum Kind {
    Http,
    Grpc { service: &'static str, method: &'static str },
}

impl Call {
    /// Creates an HTTP request to a cluster. If a header value contains control characters, the call fails with
    /// [`CallError::NotSent`].
    pub fn http(cluster: &str, authority: &str, method: &str, path: impl Into<Vec<u8>>) -> Self {
        Self {
            kind: Kind::Http,
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
        let kind = Kind::Grpc { service, method };
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

    pub(crate) fn is_grpc(&self) -> bool {
        matches!(self.kind, Kind::Grpc { .. })
    }

    /// Sends the call and returns its token.
    pub(crate) fn send(&self) -> Result<u32, HostError> {
        let headers = self.headers.serialized()?;
        let timeout_milliseconds = clock::milliseconds(self.timeout);
        match self.kind {
            Kind::Http => {
                sys::http_call(&self.cluster, &headers, &self.body, &NO_TRAILERS, timeout_milliseconds)
            }
            Kind::Grpc { service, method } => sys::grpc_call(
                &grpc_service(&self.cluster),
                service.as_bytes(),
                method.as_bytes(),
                &headers,
                &self.body,
                timeout_milliseconds,
            ),
        }
    }
}
