//! The outcome of a call.

use std::fmt;

use crate::buffer;
use crate::headers::{AsHeaderName, HeaderPairs};
use crate::sys::{self, BufferType, HostError, MapType};

/// gRPC's `OK`.
const GRPC_OK: u32 = 0;

/// The outcome of a call.
///
/// ```
/// use proxy_filter::callout::{CallError, CallResponse};
/// use proxy_filter::headers::HeaderPairs;
///
/// let headers = HeaderPairs::of([(":status", "200"), ("x-user", "ann")]);
/// let response = CallResponse::Http(headers, b"welcome".to_vec());
/// assert_eq!(response.status(), Some(200));
/// assert_eq!(response.header("x-user"), Some(b"ann".as_slice()));
/// assert_eq!(response.body(), b"welcome");
///
/// let response = CallResponse::Failed(CallError::Grpc(5));
/// assert_eq!((response.status(), response.header("x-user"), response.body()), (None, None, b"".as_slice()));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum CallResponse {
    /// An HTTP response: its headers, `:status` among them, and its body.
    Http(HeaderPairs, Vec<u8>),
    /// The message of a successful gRPC call.
    Grpc(Vec<u8>),
    /// There is no response.
    Failed(CallError),
}

/// For logs: shows statuses and sizes, never what a service said.
impl fmt::Debug for CallResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(headers, body) => {
                let status = headers.status().unwrap_or_default();
                write!(f, "HTTP status {status}, {} bytes", body.len())
            }
            Self::Grpc(message) => write!(f, "gRPC message, {} bytes", message.len()),
            Self::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

/// Why a call or a gRPC stream has no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The host did not send the call, for example because the cluster does not exist.
    #[error("not sent: {0}")]
    NotSent(HostError),
    /// The call was awaited, or the stream was opened, in another phase or context.
    #[error("calls can be awaited only in `OnRequest`")]
    OutsideOnRequest,
    /// The message was not sent, because the filter or the service has ended the gRPC stream.
    #[error("the stream has ended")]
    Ended,
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
            Self::NotSent(_)
            | Self::OutsideOnRequest
            | Self::Ended
            | Self::NoResponse
            | Self::Unreadable(_) => None,
        }
    }

    /// Returns the error of a gRPC call or stream that ended with this status, if the status is one.
    pub(crate) fn of_grpc_close(status: u32) -> Option<Self> {
        (status != GRPC_OK).then_some(Self::Grpc(status))
    }
}

impl CallResponse {
    /// Returns the status of an HTTP response.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Http(headers, _) => headers.status(),
            Self::Grpc(_) | Self::Failed(_) => None,
        }
    }

    /// Returns the first value of a header of an HTTP response.
    pub fn header(&self, name: impl AsHeaderName) -> Option<&[u8]> {
        match self {
            Self::Http(headers, _) => headers.first(name),
            Self::Grpc(_) | Self::Failed(_) => None,
        }
    }

    /// Returns the body of an HTTP response or the message of a gRPC response. Empty if the call failed.
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Http(_, body) | Self::Grpc(body) => body,
            Self::Failed(_) => &[],
        }
    }

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
        Self::Failed(CallError::of_grpc_close(status).unwrap_or(CallError::NoResponse))
    }
}
