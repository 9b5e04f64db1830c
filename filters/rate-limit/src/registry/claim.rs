//! How a claim gets its table.

use std::collections::BTreeSet;

use super::{ABANDONED, CONFIRMED, Claim, Entry, FRESH, Hold, KEPT, MOST, Place, Refused, State, Tombstone};

impl State {
    /// The table of a claim: its own, an abandoned one, or a new one. Never takes a table of `own`.
    pub(super) fn claim(&mut self, claim: Claim, own: &BTreeSet<u64>, now: u64) -> Result<Place, Refused> {
        self.tombstones.retain(|tombstone| tombstone.until > now);
        // Nobody has charged a table that was never published, and its maker comes too late to publish it.
        let is_given_up = |entry: &Entry| !entry.is_ready && now.saturating_sub(entry.seen) > ABANDONED;
        let is_dropped = |entry: &Entry| is_given_up(entry) && !own.contains(&entry.claim.identity);
        // That its rule has to begin with empty buckets is not forgotten.
        let floors = self.entries.iter().filter(|entry| is_dropped(entry) && entry.hold.floor > now);
        let lost = |entry: &Entry| Tombstone { identity: entry.claim.identity, until: entry.hold.floor };
        self.tombstones.extend(floors.map(lost));
        self.entries.retain(|entry| !is_dropped(entry));
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.claim == claim) {
            if entry.is_ready {
                if now.saturating_sub(entry.seen) >= FRESH {
                    entry.seen = now;
                }
                return Ok(Place::Held(entry.hold, entry.seen));
            }
            if now.saturating_sub(entry.seen) <= ABANDONED {
                return Ok(Place::Pending);
            }
            // The maker of the keys is gone, or stalls and may still write them: that table is never used again.
            let floor = entry.hold.floor;
            self.entries.retain(|entry| entry.claim != claim);
            return self.make(claim, floor, now);
        }
        let is_marked = |tombstone: &Tombstone| tombstone.identity == claim.identity;
        let floor = match self.tombstones.iter().any(is_marked) {
            true => now.saturating_add(claim.fill),
            false => 0,
        };
        let place = match self.abandoned(claim.sets, own, now) {
            Some(index) => self.take(index, claim, floor, now)?,
            None => self.make(claim, floor, now)?,
        };
        self.tombstones.retain(|tombstone| !is_marked(tombstone));
        Ok(place)
    }

    /// The smallest abandoned table that is large enough and whose buckets are all full. Where more than are kept have
    /// buckets that are not, else the one that was abandoned first.
    fn abandoned(&self, sets: u32, own: &BTreeSet<u64>, now: u64) -> Option<usize> {
        let is_abandoned = |entry: &Entry| {
            entry.is_ready
                && now.saturating_sub(entry.seen) > ABANDONED
                && !own.contains(&entry.claim.identity)
        };
        let fits = |(_, entry): &(usize, &Entry)| is_abandoned(entry) && entry.capacity >= sets;
        let candidates = || self.entries.iter().enumerate().filter(fits);
        let full = candidates().filter(|(_, entry)| entry.is_full_at() <= now);
        if let Some((index, _)) = full.min_by_key(|(_, entry)| (entry.capacity, entry.seen)) {
            return Some(index);
        }
        let not_full = |entry: &&Entry| is_abandoned(entry) && entry.is_full_at() > now;
        let are_many = self.entries.iter().filter(not_full).count() > KEPT || self.entries.len() >= MOST;
        // Who loses one has to be remembered.
        let are_many = are_many && self.tombstones.len() < MOST;
        candidates().filter(|_| are_many).min_by_key(|(_, entry)| entry.seen).map(|(index, _)| index)
    }

    /// Gives the table of this entry to a claim.
    fn take(&mut self, index: usize, claim: Claim, floor: u64, now: u64) -> Result<Place, Refused> {
        let stamp = self.next_stamp();
        let entry = self.entries.get_mut(index).ok_or(Refused::Full)?;
        let lost = Tombstone { identity: entry.claim.identity, until: entry.is_full_at() };
        let hold = Hold { table: entry.hold.table, stamp, floor };
        *entry = Entry { claim, hold, seen: now, ..*entry };
        if lost.until > now {
            self.tombstones.push(lost);
        }
        Ok(Place::Held(hold, now))
    }

    /// A table whose keys are to be made: a new one, or where there are too many one that is too small for others.
    fn make(&mut self, claim: Claim, floor: u64, now: u64) -> Result<Place, Refused> {
        let table = match self.entries.len() < MOST {
            true => {
                let table = self.tables;
                self.tables = table.checked_add(1).ok_or(Refused::Full)?;
                table
            }
            false => {
                let is_small = |entry: &Entry| {
                    entry.is_ready
                        && now.saturating_sub(entry.seen) > ABANDONED
                        && entry.is_full_at() <= now
                        && entry.capacity < claim.sets
                };
                let small = self.entries.iter().position(is_small).ok_or(Refused::Full)?;
                self.entries.swap_remove(small).hold.table
            }
        };
        let hold = Hold { table, stamp: self.next_stamp(), floor };
        self.entries.push(Entry { claim, capacity: claim.sets, hold, seen: now, is_ready: false });
        Ok(Place::New(hold))
    }

    fn next_stamp(&mut self) -> u64 {
        self.stamp = self.stamp.saturating_add(1);
        self.stamp
    }
}

impl Entry {
    /// When all buckets are full if nobody confirms it again: the last charge may be as late as the last confirmation
    /// lets it be.
    fn is_full_at(&self) -> u64 {
        self.seen.saturating_add(CONFIRMED).saturating_add(self.claim.fill).max(self.hold.floor)
    }
}
