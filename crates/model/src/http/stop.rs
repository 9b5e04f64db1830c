//! The reasons for which a message stops in the filter.

use crate::headers::Headers;
use crate::reply::Reply;

/// The status of Envoy's response if the filter's VM has trapped or the request cannot be sent.
pub(super) const FAILED: u16 = 503;

/// Headers, the parts of a body, trailers.
pub(super) type Message = (Headers, Vec<Vec<u8>>, Headers);

/// Why a message does not continue.
pub(super) enum Stop {
    /// The filter replied.
    Reply(Reply),
    /// The filter's VM trapped.
    Failed,
    /// The filter waits for something that never happens.
    Stuck,
}
