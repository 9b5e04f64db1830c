//! Compares the algorithm with a bucket that counts its tokens.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use explore::bound;
use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;

/// Cases per property, over a hundred thousand in all.
const CASES: u32 = 30_000;

/// A plain bucket, whose content is counted in nanoseconds of refill.
struct Bucket {
    level: u64,
    full: u64,
    last: u64,
}

impl Bucket {
    fn refill(&mut self, now: u64) {
        self.level = self.full.min(self.level + (now - self.last));
        self.last = now;
    }
}

prop_compose! {
    /// Generates the numbers of a quota: limit, period, burst, cost.
    fn quotas()(limit in 1..50_u64, period in 1..5000_u64, burst in 1..20_u64)
        (limit in Just(limit), period in Just(period), burst in Just(burst), cost in 1..=burst) -> (u64, u64, u64, u64)
    {
        (limit, period, burst, cost)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn agrees_with_a_bucket_that_counts(
        (limit, period, burst, cost) in quotas(),
        start in 0..u64::MAX / 4,
        gaps in prop::collection::vec(prop_oneof![Just(0), 0..200_u64, 0..20_000_u64], 1..40),
    ) {
        let quota = Quota::new(limit, period, burst, cost).unwrap();
        let interval = period.div_ceil(limit);
        let full = burst * interval;
        let mut bucket = Bucket { level: full, full, last: start };
        let (mut tat, mut now) = (0, start);
        for gap in gaps {
            now += gap;
            bucket.refill(now);
            prop_assert_eq!(quota.remaining(tat, now), bucket.level / (interval * cost));
            prop_assert_eq!(quota.reset(tat, now), full - bucket.level);
            match quota.charge(tat, now) {
                Conformance::Conforming { tat: moved } => {
                    prop_assert!(bucket.level >= cost * interval);
                    bucket.level -= cost * interval;
                    tat = moved;
                }
                Conformance::Nonconforming { wait } => {
                    prop_assert_eq!(bucket.level + wait, cost * interval);
                    prop_assert_eq!(quota.tat_of_wait(wait, now), tat);
                    let passes = |now| matches!(quota.charge(tat, now), Conformance::Conforming { .. });
                    prop_assert!(passes(now + wait) && !passes(now + wait - 1));
                }
            }
        }
    }

    #[test]
    fn never_allows_too_much_whatever_the_clock_does(
        (limit, period, burst, cost) in quotas(),
        steps in prop::collection::vec(-3000..3000_i64, 1..40),
    ) {
        let quota = Quota::new(limit, period, burst, cost).unwrap();
        let (mut tat, mut now, mut latest) = (0, 1_000_000_u64, 0);
        let mut allowed = Vec::new();
        for step in steps {
            now = now.saturating_add_signed(step);
            latest = latest.max(now);
            if let Conformance::Conforming { tat: moved } = quota.charge(tat, now) {
                tat = moved;
                // Measured by a clock that stops while the other goes back.
                allowed.push(latest);
            }
        }
        prop_assert!(bound::holds(&allowed, period.div_ceil(limit), burst, cost));
    }

    /// Several requests are in flight, and some return their tokens.
    #[test]
    fn never_allows_too_much_with_refunds(
        (limit, period, burst, cost) in quotas(),
        steps in prop::collection::vec((0..2000_u64, any::<bool>(), 0..2000_u64), 1..30),
    ) {
        let quota = Quota::new(limit, period, burst, cost).unwrap();
        let (mut tat, mut now) = (0, SECOND);
        let (mut allowed, mut pending) = (Vec::new(), Vec::new());
        for (gap, gives_back, later) in steps {
            now += gap;
            pending.retain(|(due, taken)| {
                let is_due = *due <= now;
                if is_due {
                    tat = quota.refund(tat, now - *taken);
                }
                !is_due
            });
            if let Conformance::Conforming { tat: moved } = quota.charge(tat, now) {
                tat = moved;
                if gives_back { pending.push((now + later, now)) } else { allowed.push(now) }
            }
        }
        prop_assert!(bound::holds(&allowed, period.div_ceil(limit), burst, cost));
    }
}

#[test]
fn a_burst_then_one_per_interval() {
    let quota = Quota::new(3, 60 * SECOND, 3, 1).unwrap();
    let (mut tat, start) = (0, 1000 * SECOND);
    for _ in 0..3 {
        let Conformance::Conforming { tat: next } = quota.charge(tat, start) else { panic!("limited") };
        tat = next;
    }
    assert_eq!(quota.charge(tat, start), Conformance::Nonconforming { wait: 20 * SECOND });
    assert_eq!(quota.charge(tat, start + 20 * SECOND - 1), Conformance::Nonconforming { wait: 1 });
    assert!(matches!(quota.charge(tat, start + 20 * SECOND), Conformance::Conforming { .. }));
}

#[test]
fn intervals_round_up_and_extremes_are_refused() {
    assert_eq!(Quota::new(3, 10, 1, 1), Some(Quota { interval: 4, depth: 4, cost: 4 }));
    for (limit, period, burst, cost) in [
        (0, 1, 1, 1),
        (1, 0, 1, 1),
        (1, 1, 0, 1),
        (1, 1, 1, 0),
        (1, 1, 1, 2),
        (1, u64::MAX, 1, 1),
        (1, SECOND, u64::MAX, 1),
    ] {
        assert_eq!(Quota::new(limit, period, burst, cost), None);
    }
}
