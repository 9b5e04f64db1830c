//! Calls to other services while a request waits.
//!
//! A phase returns [`Flow::Call`](crate::flow::Flow::Call) with the call and a tag. When the response arrives,
//! or the call fails, [`OnCallResponse`](crate::http::OnCallResponse) gets it with the tag and decides what to do
//! with the request. If the stream ends first, the layer cancels the call.
//!
//! ```
//! use proxy_filter::callout::Call;
//! use std::time::Duration;
//!
//! let call = Call::http("auth", "auth.example", "GET", "/check").timeout(Duration::from_millis(200));
//! ```

use std::time::Duration;

use crate::headers::{HeaderName, HeaderPairs, HeaderValue, serialize_pairs};
use crate::sys::{self, BufferType, HostError, MapType};
use crate::{buffer, clock};

/// gRPC's `OK`.
const GRPC_OK: u32 = 0;

/// The timeout of a call that does not set one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(1);

/// A serialized header map without pairs.
const NO_TRAILERS: [u8; 4] = [0; 4];

/// A call, ready to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    kind: Kind,
    cluster: Vec<u8>,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    timeout: Duration,
}

#[derive(Clone, Debug)]
enum Kind {
    Http,
    Grpc { service: &'static str, method: &'static str },
}

/// The outcome of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallResponse {
    /// An HTTP response: its headers, `:status` among them, and its body.
    Http(HeaderPairs, Vec<u8>),
    /// The message of a successful gRPC call.
    Grpc(Vec<u8>),
    /// There is no response.
    Failed(CallError),
}

/// Why a call has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The host did not send the call, for example because the cluster does not exist.
    #[error("not sent: {0}")]
    NotSent(HostError),
    /// The service was not reached, or took too long.
    #[error("no response: the service was not reached, or took too long")]
    NoResponse,
    /// The gRPC call ended with this status.
    #[error("gRPC status {0}")]
    Grpc(u32),
    /// The response could not be read.
    #[error("the response could not be read: {0}")]
    Unreadable(HostError),
}

impl CallError {
    /// Returns the status with which a gRPC call ended.
    pub fn grpc_status(self) -> Option<u32> {
        match self {
            Self::Grpc(status) => Some(status),
            Self::NotSent(_) | Self::NoResponse | Self::Unreadable(_) => None,
        }
    }
}

impl Call {
    /// Creates an HTTP request to a cluster. If a header value contains control characters, the call fails with
    /// [`CallError::NotSent`].
    pub fn http(cluster: &str, authority: &str, method: &str, path: impl Into<Vec<u8>>) -> Self {
        Self {
            kind: Kind::Http,
            cluster: cluster.into(),
            headers: vec![
                (b":method".to_vec(), method.into()),
                (b":path".to_vec(), path.into()),
                (b":authority".to_vec(), authority.into()),
            ],
            body: Vec::new(),
            timeout: DEFAULT_TIMEOUT,
        }
    }

    /// Creates a unary gRPC call to a cluster, with the full name of the service, the method and the serialized
    /// request.
    pub fn grpc(cluster: &str, service: &'static str, method: &'static str, message: Vec<u8>) -> Self {
        let kind = Kind::Grpc { service, method };
        Self { kind, cluster: cluster.into(), headers: Vec::new(), body: message, timeout: DEFAULT_TIMEOUT }
    }

    /// Adds a header, or gRPC metadata.
    #[must_use]
    pub fn header(mut self, name: &HeaderName, value: &HeaderValue) -> Self {
        self.headers.push((name.as_bytes().to_vec(), value.as_bytes().to_vec()));
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
        if self.headers.iter().any(|(_, value)| HeaderValue::new(value.as_slice()).is_err()) {
            return Err(HostError::BadArgument);
        }
        let headers = serialize_pairs(self.headers.iter().map(|(n, v)| (n.as_slice(), v.as_slice())))?;
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

/// Serializes `envoy.config.core.v3.GrpcService { envoy_grpc: { cluster_name } }`.
fn grpc_service(cluster: &[u8]) -> Vec<u8> {
    /// Field 1, length-delimited: `GrpcService.envoy_grpc` as well as `EnvoyGrpc.cluster_name`.
    const FIELD_1: u8 = 0x0a;
    let field = |content: &[u8]| {
        let mut field = vec![FIELD_1];
        let mut length = content.len();
        while length >= 0x80 {
            field.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        field.push(u8::try_from(length).unwrap_or_default());
        field.extend_from_slice(content);
        field
    };
    field(&field(cluster))
}

impl CallResponse {
    /// Reads the response to an HTTP call, while its callback runs. If there are no headers, the call failed.
    pub(crate) fn of_http(headers: usize, body_size: usize) -> Self {
        if headers == 0 {
            return Self::Failed(CallError::NoResponse);
        }
        let read = || -> Result<Self, HostError> {
            let headers = HeaderPairs::new(sys::get_header_pairs(MapType::HttpCallResponseHeaders)?);
            Ok(Self::Http(headers, buffer::read(BufferType::HttpCallResponseBody, body_size)?))
        };
        read().unwrap_or_else(|error| Self::Failed(CallError::Unreadable(error)))
    }

    /// Reads the message of a gRPC call, while its callback runs.
    pub(crate) fn of_grpc(size: usize) -> Self {
        let message = buffer::read(BufferType::GrpcReceiveBuffer, size);
        message.map_or_else(|error| Self::Failed(CallError::Unreadable(error)), Self::Grpc)
    }

    /// Returns the outcome of a gRPC call that ended without a message.
    pub(crate) fn of_grpc_close(status: u32) -> Self {
        match status {
            GRPC_OK => Self::Failed(CallError::NoResponse),
            status => Self::Failed(CallError::Grpc(status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpc_services_of_any_length() {
        assert_eq!(grpc_service(b"users"), b"\x0a\x07\x0a\x05users");
        let long = grpc_service(&[b'x'; 200]);
        assert_eq!(long.get(..6), Some(b"\x0a\xcb\x01\x0a\xc8\x01".as_slice()));
        assert_eq!(long.len(), 206);
    }
}
