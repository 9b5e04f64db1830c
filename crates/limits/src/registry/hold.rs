//! What the registry records of a rule: its claim, and its hold on a table.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// A rule that needs a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// A hash of everything that identifies the rule. Rules with the same identity share their buckets.
    pub identity: u64,
    /// Sets of its table.
    pub sets: u32,
    /// Nanoseconds in which an empty bucket fills.
    pub fill: u64,
}

impl Claim {
    /// The claim of a rule in a namespace. `rule` is a hash of everything else that identifies the rule. The claim is the
    /// same on every worker.
    pub fn in_namespace(namespace: &str, rule: u64, sets: u32, fill: u64) -> Self {
        let mut hasher = SipHasher13::new();
        hasher.write_u64(rule);
        hasher.write(namespace.as_bytes());
        Self { identity: hasher.finish(), sets, fill }
    }
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
