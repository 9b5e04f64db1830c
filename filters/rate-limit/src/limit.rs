//! How many requests a rule allows.

use limits::gcra::Quota;

/// The limit of one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) quota: Quota,
    /// Tokens that a request takes.
    pub(crate) cost: u64,
    pub(crate) policy: Policy,
}

/// The limit that clients see: `requests` per `seconds` or, if that is 0, at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) requests: u64,
    pub(crate) seconds: u64,
}
