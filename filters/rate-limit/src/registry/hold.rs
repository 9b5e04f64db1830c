//! What the registry records of a rule: its claim, and its hold on a table.

/// A rule that needs a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// A hash of everything that identifies the rule. Rules with the same identity share their buckets.
    pub(crate) identity: u64,
    pub(crate) sets: u32,
    /// Nanoseconds in which an empty bucket fills.
    pub(crate) fill: u64,
}

/// A rule's hold on a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) table: u32,
    /// The number that the rule's sets of the table carry. Each holder has a higher one.
    pub(crate) epoch: u64,
    /// The TAT of buckets that were never used.
    pub(crate) initial_tat: u64,
}
