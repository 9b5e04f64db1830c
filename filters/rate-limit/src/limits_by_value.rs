//! A hash table of limits, built once.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::limit::Limit;

/// The limits of a rule, by the value of a part of the request. Unlike a `HashMap`, it never grows, which is most of the code
/// of one.
///
/// Clients only look values up. Those that share a place are in the configuration, so hashing needs no secret.
#[derive(Debug)]
pub(crate) struct LimitsByValue {
    entries: Vec<(String, Limit)>,
    /// For each place, one more than the index of its entry, or 0. Half of the places or more are free.
    places: Vec<u32>,
}

impl LimitsByValue {
    /// A table with room for this many limits.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let places = capacity.saturating_mul(2).next_power_of_two();
        Self { entries: Vec::with_capacity(capacity), places: vec![0; places] }
    }

    /// Adds the limit of a value. `false` if the value has one already, or there is no room.
    pub(crate) fn insert(&mut self, value: &str, limit: Limit) -> bool {
        let (place, found) = self.find(value.as_bytes());
        let is_new = found.is_none();
        let has_room = self.entries.len() < self.entries.capacity();
        let next = u32::try_from(self.entries.len().saturating_add(1)).ok();
        match (self.places.get_mut(place), next) {
            (Some(free), Some(next)) if is_new && has_room => *free = next,
            _ => return false,
        }
        self.entries.push((value.to_owned(), limit));
        true
    }

    /// Finds a value and its limit.
    pub(crate) fn get(&self, value: &[u8]) -> Option<&(String, Limit)> {
        self.find(value).1
    }

    /// Returns all limits.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.entries.iter().map(|(_, limit)| limit)
    }

    /// Returns the place of a value, and its entry. Without an entry, the place is free.
    fn find(&self, value: &[u8]) -> (usize, Option<&(String, Limit)>) {
        let mut hasher = SipHasher13::new();
        hasher.write(value);
        let last = self.places.len().saturating_sub(1);
        let mut place =
            usize::try_from(hasher.finish() & u64::try_from(last).unwrap_or_default()).unwrap_or_default();
        loop {
            let index = self.places.get(place).and_then(|next| usize::try_from(*next).ok()?.checked_sub(1));
            match index.and_then(|index| self.entries.get(index)) {
                Some((known, _)) if known.as_bytes() != value => place = place.saturating_add(1) & last,
                entry => return (place, entry),
            }
        }
    }
}
