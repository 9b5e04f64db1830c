//! The values of inputs.

use super::Snapshot;
use crate::headers::HeaderPairs;

/// The values of all inputs of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The captured inputs of the request.
    pub request: &'a Snapshot,
    /// The response's headers; empty before there is a response.
    pub response: &'a HeaderPairs,
}

static NO_REQUEST: Snapshot = Snapshot::EMPTY;
static NO_RESPONSE: HeaderPairs = HeaderPairs::EMPTY;

impl<'a> Inputs<'a> {
    /// Creates inputs without values, for conditions and templates that have none.
    pub fn none() -> Self {
        Self::of_request(&NO_REQUEST)
    }

    /// Creates the inputs for a stream that has no response yet.
    pub fn of_request(request: &'a Snapshot) -> Self {
        Self { request, response: &NO_RESPONSE }
    }
}
