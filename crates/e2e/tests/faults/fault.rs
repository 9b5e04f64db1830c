//! The ways in which a service fails.

/// Where the service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends as soon as it is accepted.
    ClosedAtOnce,
    /// It ends when the call has arrived.
    ClosedBeforeHeaders,
    ClosedAfterHeaders,
    ClosedInTheMessage,
    ResetBeforeHeaders,
    ResetAfterHeaders,
    ResetInTheMessage,
    GoesAway,
    /// The message is shorter than its length says, and the call ends.
    HalfAMessage,
    /// The message is longer than any may be.
    EndlessMessage,
    NoMessage,
    EmptyMessage,
    /// The message cannot be decoded.
    Garbage,
    LargeGarbage,
    Compressed,
    /// Bytes that are not HTTP/2.
    NotHttp2,
    /// A response that is not gRPC.
    Status500,
    Text,
    /// The status is an error, or no number.
    StatusUnavailable,
    StatusGarbage,
    Silent,
    HeadersThenSilent,
    /// The answer comes after the deadline.
    Late,
    /// A byte at a time, until after the deadline.
    Slow,
}

impl Fault {
    pub(crate) const ALL: [Self; 24] = [
        Self::ClosedAtOnce,
        Self::ClosedBeforeHeaders,
        Self::ClosedAfterHeaders,
        Self::ClosedInTheMessage,
        Self::ResetBeforeHeaders,
        Self::ResetAfterHeaders,
        Self::ResetInTheMessage,
        Self::GoesAway,
        Self::HalfAMessage,
        Self::EndlessMessage,
        Self::NoMessage,
        Self::EmptyMessage,
        Self::Garbage,
        Self::LargeGarbage,
        Self::Compressed,
        Self::NotHttp2,
        Self::Status500,
        Self::Text,
        Self::StatusUnavailable,
        Self::StatusGarbage,
        Self::Silent,
        Self::HeadersThenSilent,
        Self::Late,
        Self::Slow,
    ];
}
