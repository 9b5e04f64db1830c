//! Sets, and what a flood of keys does to them.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::bound;

const CASES: u32 = 30_000;

#[test]
fn a_newcomer_inherits_the_smallest_tat() {
    let mut set = Set::read(None);
    let mut bytes = Vec::new();
    for key in 1..=8 {
        bytes = set.write(key, 100 + key);
    }
    assert_eq!(bytes.len(), SET_SIZE);
    let mut set = Set::read(Some(&bytes));
    assert_eq!((set.tat(3), set.tat(9)), (103, 101));
    set.write(9, 200);
    assert!(!set.contains(1), "the smallest was evicted");
    assert_eq!(set.tat(1), 102, "and comes back with no more than it had");
}

#[test]
fn a_value_of_another_size_reads_as_far_as_it_goes() {
    assert_eq!(Set::read(Some(&[0xff; 20])).0.iter().filter(|way| way.fingerprint != 0).count(), 1);
    assert_eq!(Set::read(Some(&[0xff; 500])).0.len(), WAYS);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    /// Whatever other keys come to the set, and get tokens back, no key is admitted more than its burst and one for each interval.
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
        let (mut set, mut now) = (Set::read(None), 1000);
        let (mut admitted, mut pending) = (HashMap::<u64, Vec<u64>>::new(), Vec::new());
        for (key, gap, is_refunded) in requests {
            now += gap;
            if let Decision::Admitted { tat } = quota.charge(set.tat(key), now) {
                set = Set::read(Some(&set.write(key, tat)));
                if is_refunded {
                    pending.push((key, now));
                } else {
                    admitted.entry(key).or_default().push(now);
                }
            }
            // Late, when others have come in between.
            if pending.len() > 2 {
                let (key, then) = pending.remove(0);
                if set.contains(key) {
                    let tat = set.refunded(key, quota, now - then);
                    set = Set::read(Some(&set.write(key, tat)));
                }
            }
        }
        for times in admitted.values() {
            prop_assert!(bound::holds(times, interval, burst, 1));
        }
    }
}
