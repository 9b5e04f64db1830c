//! Services that a filter calls.

use std::time::Duration;

use crate::message::Response;

/// The body of Envoy's response to a call that times out.
const TOO_LONG: &str = "upstream request timeout";

/// The body of Envoy's response to a call whose connection is refused.
const REFUSED: &str = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused";

/// gRPC's `DEADLINE_EXCEEDED` and `UNAVAILABLE`.
const DEADLINE_EXCEEDED: u32 = 4;
pub(crate) const UNAVAILABLE: u32 = 14;

/// How a service responds to every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Responds to HTTP calls.
    Http(Response),
    /// Responds to gRPC calls with this message.
    Grpc(Vec<u8>),
    /// Ends gRPC calls with this status and no message.
    GrpcStatus(u32),
    /// Responds to each message of a gRPC stream with these messages. Then ends the stream with this status: with 0 (OK)
    /// when the filter has ended its side, with any other at once.
    GrpcStream(Vec<Vec<u8>>, u32),
    /// Accepts calls and never responds.
    Silent,
    /// Refuses connections.
    Down,
}

/// How a call ends.
#[derive(Clone, Debug)]
pub(crate) enum CallOutcome {
    Http(Response),
    GrpcMessage(Vec<u8>),
    GrpcStatus(u32),
}

impl Service {
    /// Returns how a call ends, and whether it times out.
    pub(crate) fn respond(&self, is_grpc: bool) -> (CallOutcome, bool) {
        let failed = |status: u16, text: &str, grpc| match is_grpc {
            true => CallOutcome::GrpcStatus(grpc),
            false => {
                CallOutcome::Http(Response::new(status).header("content-type", "text/plain").body(&[text]))
            }
        };
        match self {
            Self::Http(response) if !is_grpc => (CallOutcome::Http(response.clone()), false),
            Self::Grpc(message) if is_grpc => (CallOutcome::GrpcMessage(message.clone()), false),
            Self::GrpcStatus(status) if is_grpc => (CallOutcome::GrpcStatus(*status), false),
            Self::Silent => (failed(504, TOO_LONG, DEADLINE_EXCEEDED), true),
            // A service of the other protocol cannot respond.
            _ => (failed(503, REFUSED, UNAVAILABLE), false),
        }
    }
}

/// A call that is waiting for its response.
pub(crate) struct Outstanding {
    pub(crate) token: u32,
    pub(crate) service: Service,
    pub(crate) is_grpc: bool,
    /// When it times out.
    pub(crate) deadline: Duration,
}
