//! Sets that other software has written.

use std::cmp::Ordering;

use proxy_filter::shared_data::{self, Change, Seen, UpdateError};

use super::location::Location;
use super::seal;

/// A set that its holder could not read, and what was in it.
#[derive(Debug)]
pub(super) struct Suspect {
    pub(super) at: Location,
    seen: Seen,
}

impl Suspect {
    /// Reads a set that could not be read a moment ago. `None` if it can be read now: another thread may have restarted it.
    pub(super) fn at(at: Location) -> Option<Self> {
        let seen = Seen::read(&at.key()).ok()?;
        let is_readable = seal::compare(seen.value(), at).is_some_and(Ordering::is_le);
        (!is_readable).then_some(Self { at, seen })
    }

    /// Writes the set, unless it has changed since it was read. Returns whether it did.
    pub(super) fn replace(self, bytes: Vec<u8>) -> Result<bool, UpdateError> {
        // Once: what another thread writes meanwhile may be a later holder's.
        let mut bytes = Some(bytes);
        shared_data::update_from(&self.at.key(), Some(self.seen), |_| match bytes.take() {
            Some(bytes) => Change::Write(bytes, true),
            None => Change::Keep(false),
        })
    }
}
