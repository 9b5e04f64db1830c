//! Where a set is.

use crate::registry::Hold;

/// A set of a table that a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) hold: Hold,
    pub(crate) set: u32,
}

impl Location {
    /// Returns the set's key in shared data. It is short enough for hosts to store it without an allocation.
    pub(crate) fn key(self) -> [u8; 11] {
        let ([a, b, c, d], [e, f, g, h]) = (self.hold.table.to_le_bytes(), self.set.to_le_bytes());
        [b'r', b'l', b'2', a, b, c, d, e, f, g, h]
    }
}
