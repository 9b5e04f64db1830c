//! Sets that other software has written: how a worker finds them, and begins them anew.

use std::cmp::Ordering;

use proxy_filter::shared_data::{self, Change, Seen, UpdateError};

use super::{Location, Table, TableError, seal};
use crate::registry::Hold;

/// A set that its holder could not read, and what was in it.
#[derive(Debug)]
pub(super) struct Suspect {
    at: Location,
    seen: Seen,
}

impl Table {
    /// Drops the hold on the table, which another rule has now, unless other software has written to this set. This thread
    /// charges nothing until it has confirmed its tables again.
    #[inline(never)]
    pub(crate) fn lost(&self, set: u32) -> TableError {
        let suspect = |hold| {
            let at = Location { hold, set };
            let seen = Seen::read(&at.key()).ok()?;
            // Another thread may have restarted it by now.
            let is_readable = seal::compare(seen.value(), at).is_some_and(Ordering::is_le);
            (!is_readable).then_some(Suspect { at, seen })
        };
        self.suspect.replace(self.hold.take().and_then(suspect));
        TableError::NotHeld
    }

    /// Returns whether this thread keeps what it read of the set because of which it lost the table. For tests.
    #[doc(hidden)]
    pub fn has_suspect(&self) -> bool {
        self.suspect.borrow().is_some()
    }

    /// Restarts the set because of which this thread lost the table, if the registry, which was read since, still gives the
    /// table to this rule: then no holder wrote the set. Its buckets begin empty, so no key gains a token; what was in flight
    /// is forgotten. Returns whether it did.
    pub(crate) fn restart_suspect(&self, hold: Hold, now: u64) -> Result<bool, UpdateError> {
        let Some(Suspect { at, seen }) = self.suspect.take().filter(|suspect| suspect.at.hold == hold) else {
            return Ok(false);
        };
        let empty = Hold { initial_tat: now.saturating_add(self.claim.fill), ..hold };
        let mut is_unchanged = true;
        // Once: what another thread writes meanwhile may be a later holder's.
        shared_data::update_from(&at.key(), Some(seen), |_| match std::mem::take(&mut is_unchanged) {
            true => Change::Write((self.empty)(Location { hold: empty, ..at }), true),
            false => Change::Keep(false),
        })
    }
}
