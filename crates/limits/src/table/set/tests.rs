//! Sets, and a flood of keys.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::HashMap;

use explore::bound;
use proptest::prelude::*;

use super::*;
use crate::gcra::Conformance;
use crate::registry::Hold;

const CASES: u32 = 30_000;

const HOLD: Hold = Hold { table: 0, epoch: 7, initial_tat: 0 };
const AT: Location = Location { hold: HOLD, set: 0 };

#[test]
fn a_newcomer_inherits_the_smallest_tat() {
    let mut set = Set::empty(AT);
    for key in 1..=8 {
        set.put(key, 100 + key);
    }
    let read = Set::of_holder(Some(set.clone().into_bytes()), AT);
    assert_eq!(
        read.map(|read| (1..=8).map(|key| read.tat(key)).collect()),
        Some((101..=108).collect::<Vec<_>>())
    );
    assert_eq!((set.tat(3), set.tat(9)), (103, 101));
    set.put(9, 200);
    assert!(!set.contains(1), "the smallest was evicted");
    assert_eq!(set.tat(1), 102, "and comes back with no more tokens than it had");
}

#[test]
fn a_set_belongs_to_the_holder_of_its_table() {
    let mut set = Set::empty(AT);
    set.put(1, 100);
    let bytes = set.into_bytes();
    for (epoch, tat) in [(6, None), (7, Some(100)), (8, Some(50))] {
        let found = Set::of_holder(
            Some(bytes.clone()),
            Location { hold: Hold { epoch, initial_tat: 50, ..HOLD }, ..AT },
        );
        assert_eq!(found.map(|set| set.tat(1)), tat, "{epoch}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    /// Whatever other keys use the set and are refunded, no key gets more than its burst and one request per
    /// interval.
    #[test]
    fn no_flood_buys_a_key_extra_requests(
        interval in 1..100_u64,
        burst in 1..8_u64,
        requests in prop::collection::vec(
            (1..30_u64, prop_oneof![Just(0), 0..40_u64, 0..400_u64], prop::bool::weighted(0.1)),
            1..120,
        ),
    ) {
        let quota = Quota::new(1, interval, burst, 1).unwrap();
        let (mut set, mut now) = (Set::empty(AT), 1000);
        let (mut allowed, mut pending) = (HashMap::<u64, Vec<u64>>::new(), Vec::new());
        for (key, gap, is_refunded) in requests {
            now += gap;
            if let Conformance::Conforming { tat } = quota.charge(set.tat(key), now) {
                set.put(key, tat);
                if is_refunded {
                    pending.push((key, now));
                } else {
                    allowed.entry(key).or_default().push(now);
                }
            }
            // Refunded late, after other keys have come.
            if pending.len() > 2 {
                let (key, then) = pending.remove(0);
                if set.contains(key) {
                    let tat = set.refunded(key, quota, now - then);
                    set.put(key, tat);
                }
            }
        }
        for times in allowed.values() {
            prop_assert!(bound::holds(times, interval, burst, 1));
        }
    }
}
