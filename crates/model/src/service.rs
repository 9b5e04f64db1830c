//! Other services, to which a filter makes calls.

use std::time::Duration;

use crate::exchange::Response;

/// What Envoy's HTTP client answers in the place of a service that takes too long.
const TOO_LONG: &str = "upstream request timeout";

/// What it answers in the place of one that refuses connections.
const REFUSED: &str = "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused";

/// gRPC's `DEADLINE_EXCEEDED` and `UNAVAILABLE`.
const DEADLINE_EXCEEDED: u32 = 4;
pub(crate) const UNAVAILABLE: u32 = 14;

/// What a service does with every call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Answers HTTP calls with this response.
    Http(Response),
    /// Answers gRPC calls with this message.
    Grpc(Vec<u8>),
    /// Ends gRPC calls with this status and no message.
    GrpcStatus(u32),
    /// Takes calls and never answers.
    Silent,
    /// Refuses connections.
    Down,
}

/// How a call ends.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Http(Response),
    GrpcMessage(Vec<u8>),
    GrpcStatus(u32),
}

impl Service {
    /// How a call ends, and whether only when its time is up.
    pub(crate) fn answer(&self, is_grpc: bool) -> (Answer, bool) {
        let failed = |status: u16, text: &str, grpc| match is_grpc {
            true => Answer::GrpcStatus(grpc),
            false => Answer::Http(Response::new(status).header("content-type", "text/plain").body(&[text])),
        };
        match self {
            Self::Http(response) if !is_grpc => (Answer::Http(response.clone()), false),
            Self::Grpc(message) if is_grpc => (Answer::GrpcMessage(message.clone()), false),
            Self::GrpcStatus(status) if is_grpc => (Answer::GrpcStatus(*status), false),
            Self::Silent => (failed(504, TOO_LONG, DEADLINE_EXCEEDED), true),
            // A service that speaks the other protocol is as good as none.
            _ => (failed(503, REFUSED, UNAVAILABLE), false),
        }
    }
}

/// A call without an answer yet.
pub(crate) struct Outstanding {
    pub(crate) token: u32,
    pub(crate) service: Service,
    pub(crate) is_grpc: bool,
    pub(crate) timeout: Duration,
}
