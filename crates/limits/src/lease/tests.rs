//! Leases allow no more requests than the bucket that they are taken from.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use explore::bound;
use proptest::prelude::*;

use super::*;
use crate::gcra::Conformance;

const CASES: u32 = 30_000;

/// A bucket in shared data, and workers that take leases from it.
struct Workers {
    quota: Quota,
    most: u64,
    tat: u64,
    leases: Vec<Leases>,
}

impl Workers {
    fn allows(&mut self, worker: usize, now: u64) -> bool {
        let (slot, leases) = (Slot::new(1, 1, 1), &self.leases[worker]);
        if leases.spend(slot, self.quota, now).is_some() {
            return true;
        }
        let before = self.tat.max(now);
        match self.quota.charge_up_to(self.most, self.tat, now) {
            Conformance::Conforming { tat } => {
                self.tat = tat;
                leases.keep(slot, before + self.quota.cost(), tat);
                true
            }
            Conformance::Nonconforming { .. } => false,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn no_window_has_more_than_its_bound(
        interval in 1..100_u64,
        burst in 1..20_u64,
        most in 1..30_u64,
        steps in prop::collection::vec((0..3_usize, prop_oneof![Just(0), 0..50_u64, 0..2000_u64]), 1..60),
    ) {
        let quota = Quota::new(1, interval, burst, 1).unwrap();
        let leases = (0..3).map(|_| Leases::new()).collect();
        let mut workers = Workers { quota, most, tat: 0, leases };
        let (mut now, mut allowed) = (1000, Vec::new());
        for (worker, gap) in steps {
            now += gap;
            if workers.allows(worker, now) {
                allowed.push(now);
            }
        }
        prop_assert!(bound::holds(&allowed, interval, burst, 1));
    }
}

/// Tokens that such a client does not spend in time have come back to the bucket.
#[test]
fn a_client_that_sends_one_request_per_interval_to_one_worker_is_never_limited() {
    let quota = Quota::new(1, 100, 5, 1).unwrap();
    let mut workers = Workers { quota, most: 5, tat: 0, leases: vec![Leases::new()] };
    assert!((0..1000).all(|request| workers.allows(0, 1000 + request * 100)));
    assert!((0..1000).all(|request| workers.allows(0, 200_000 + request * 170)));
}

#[test]
fn keys_do_not_spend_each_others_leases_and_refunds_return_to_the_lease() {
    let (quota, leases) = (Quota::new(1, 10, 10, 1).unwrap(), Leases::new());
    let (one, other) = (Slot::new(1, 1, 1), Slot::new(1, 1 + CAPACITY as u64, 1));
    assert_eq!(one.index(CAPACITY), other.index(CAPACITY));
    leases.keep(one, 110, 130);
    assert_eq!(leases.spend(other, quota, 100), None);
    assert_eq!(leases.peek(one, quota, 100), Some(120));
    assert_eq!(leases.spend(one, quota, 100), Some(120));
    leases.refund(one, quota, 120);
    assert_eq!([100, 100, 100].map(|now| leases.spend(one, quota, now)), [Some(120), Some(130), None]);
}
