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
        let (_, place, found) = self.find(value.as_bytes());
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

    /// Finds the limit of a value. Also returns the value's hash.
    pub(crate) fn get(&self, value: &[u8]) -> Option<(u64, &Limit)> {
        let (hash, _, entry) = self.find(value);
        entry.map(|(_, limit)| (hash, limit))
    }

    /// Returns all limits.
    pub(crate) fn limits(&self) -> impl Iterator<Item = &Limit> {
        self.entries.iter().map(|(_, limit)| limit)
    }

    /// Returns the hash of a value, its place, and its entry. Without an entry, the place is free.
    fn find(&self, value: &[u8]) -> (u64, usize, Option<&(String, Limit)>) {
        let mut hasher = SipHasher13::new();
        hasher.write(value);
        let hash = hasher.finish();
        let last = self.places.len().saturating_sub(1);
        let mut place = usize::try_from(hash & u64::try_from(last).unwrap_or_default()).unwrap_or_default();
        loop {
            let index = self.places.get(place).and_then(|next| usize::try_from(*next).ok()?.checked_sub(1));
            match index.and_then(|index| self.entries.get(index)) {
                Some((known, _)) if known.as_bytes() != value => place = place.saturating_add(1) & last,
                entry => return (hash, place, entry),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use limits::gcra::Quota;
    use proptest::prelude::*;

    use super::*;
    use crate::limit::Policy;

    fn limit(requests: u64) -> Limit {
        let quota = Quota::new(requests, requests, requests, 1).unwrap();
        Limit { quota, cost: 1, policy: Policy { requests, seconds: 1 } }
    }

    proptest! {
        #[test]
        fn a_value_has_the_limit_that_was_added_first(values in prop::collection::vec("[ab]{0,3}", 0..40), more in "[abc]{0,4}") {
            let mut known = HashMap::new();
            let mut table = LimitsByValue::with_capacity(values.len());
            for (requests, value) in (1..).zip(&values) {
                let is_new = !known.contains_key(value);
                prop_assert_eq!(table.insert(value, limit(requests)), is_new);
                known.entry(value.clone()).or_insert_with(|| limit(requests));
            }
            for value in values.iter().chain([&more]) {
                prop_assert_eq!(table.get(value.as_bytes()).map(|(_, limit)| limit), known.get(value));
            }
            prop_assert_eq!(table.limits().count(), known.len());
        }
    }

    #[test]
    fn a_full_table_takes_no_more() {
        let mut table = LimitsByValue::with_capacity(1);
        assert!(table.insert("a", limit(1)));
        assert!(!table.insert("b", limit(1)));
        assert_eq!(table.get(b"b"), None);
    }
}
