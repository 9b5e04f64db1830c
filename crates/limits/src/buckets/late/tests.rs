//! Compares late charges with a bucket that counts its tokens, and runs workers whose steps interleave.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use explore::bound;
use proptest::prelude::*;

use super::*;
use crate::gcra::Conformance;

const CASES: u32 = 30_000;

prop_compose! {
    /// Generates the numbers of a quota: limit, period, burst, cost.
    fn quotas()(limit in 1..50_u64, period in 1..5000_u64, burst in 1..20_u64)
        (limit in Just(limit), period in Just(period), burst in Just(burst), cost in 1..=burst) -> (u64, u64, u64, u64)
    {
        (limit, period, burst, cost)
    }
}

fn admits(quota: Quota, tat: u64, now: u64) -> bool {
    matches!(quota.charge(tat, now), Conformance::Conforming { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn agrees_with_a_bucket_that_counts_its_debt(
        (limit, period, burst, cost) in quotas(),
        start in 0..u64::MAX / 4,
        charges in prop::collection::vec((prop_oneof![Just(0), 0..200_u64, 0..20_000_u64], 0..40_u64), 1..40),
    ) {
        let quota = Quota::new(limit, period, burst, cost).unwrap();
        let interval = i128::from(period.div_ceil(limit));
        let (full, cost) = (i128::from(burst) * interval, i128::from(cost) * interval);
        let (mut level, mut tat, mut now) = (full, 0, start);
        for (gap, requests) in charges {
            now += gap;
            level = full.min(level + i128::from(gap));
            prop_assert_eq!(admits(quota, tat, now), level >= cost);
            let wanted = level - cost * i128::from(requests);
            let least = -10 * full;
            let charge = quota.charge_late(requests, tat, now);
            prop_assert_eq!(charge.is_cut, wanted < least);
            level = wanted.max(least);
            tat = charge.tat;
            prop_assert_eq!(i128::from(tat - now), full - level);
            // The debt is paid back: after the wait that clients are told, and not before, one request is admitted.
            if let Conformance::Nonconforming { wait } = quota.charge(tat, now) {
                prop_assert_eq!(i128::from(wait), cost - level);
                prop_assert!(admits(quota, tat, now + wait) && !admits(quota, tat, now + wait - 1));
            }
            prop_assert!(quota.remaining(tat, now + quota.fill_from_debt()) == burst * interval as u64 / cost as u64);
        }
    }

    #[test]
    fn workers_lose_no_charge_and_admit_no_more_than_are_in_flight(
        (limit, period, burst, _) in quotas(),
        steps in prop::collection::vec((0..4_usize, 0..300_u64, any::<bool>()), 1..120),
    ) {
        let quota = Quota::new(limit, period, burst, 1).unwrap();
        let mut world = World { now: 1_000_000, ..World::default() };
        let mut workers: [Worker; 4] = Default::default();
        for (worker, gap, matches) in steps {
            world.now += gap;
            workers[worker].step(&mut world, quota, matches);
        }
        // The remaining responses arrive.
        for worker in &mut workers {
            while !matches!(worker.at, At::Idle) || !worker.in_flight.is_empty() {
                worker.responds = true;
                worker.step(&mut world, quota, false);
            }
        }
        prop_assert!(world.highest_debt <= quota.fill_from_debt());
        if world.cut == 0 {
            prop_assert_eq!(world.taken, world.matching * quota.cost());
            world.admitted.sort_unstable();
            let interval = period.div_ceil(limit);
            prop_assert!(bound::holds(&world.admitted, interval, burst + world.most_in_flight, 1));
        }
    }
}

/// A bucket in shared data, and what happened to it.
#[derive(Default)]
struct World {
    now: u64,
    tat: u64,
    version: u64,
    /// When requests were admitted whose responses match.
    admitted: Vec<u64>,
    in_flight: u64,
    most_in_flight: u64,
    matching: u64,
    /// Nanoseconds of tokens that were taken, and charges that were cut.
    taken: u64,
    cut: u64,
    latest_charge: u64,
    /// Nanoseconds in which the bucket would have filled.
    highest_debt: u64,
}

/// A worker, which other workers interrupt between its reads and writes.
#[derive(Default)]
struct Worker {
    at: At,
    /// For each request that was admitted, whether its response will match.
    in_flight: Vec<bool>,
    /// Whether it does nothing but receive responses.
    responds: bool,
}

#[derive(Default)]
enum At {
    #[default]
    Idle,
    /// It has read the clock, and will look at the bucket.
    Arrived { now: u64, matches: bool },
    /// It has read the clock, and will read the bucket.
    Responded { now: u64 },
    /// It has read the bucket, and will write it.
    Charging { now: u64, tat: u64, version: u64 },
}

impl Worker {
    fn step(&mut self, world: &mut World, quota: Quota, matches: bool) {
        self.at = match self.at {
            At::Idle if self.responds || self.in_flight.len() > 3 => match self.in_flight.pop() {
                Some(true) => At::Responded { now: world.now },
                Some(false) | None => At::Idle,
            },
            At::Idle => {
                world.in_flight += u64::from(matches);
                world.most_in_flight = world.most_in_flight.max(world.in_flight);
                At::Arrived { now: world.now, matches }
            }
            At::Arrived { now, matches } => {
                let is_admitted = admits(quota, world.tat, now);
                match is_admitted {
                    true => self.in_flight.insert(0, matches),
                    false => world.in_flight -= u64::from(matches),
                }
                if is_admitted && matches {
                    world.admitted.push(now);
                    world.matching += 1;
                }
                At::Idle
            }
            At::Responded { now } => At::Charging { now, tat: world.tat, version: world.version },
            At::Charging { now, version, .. } if version != world.version => {
                At::Charging { now, tat: world.tat, version: world.version }
            }
            At::Charging { now, tat, .. } => {
                let charge = quota.charge_late(1, tat, now);
                world.taken += charge.tat - tat.max(now);
                world.cut += u64::from(charge.is_cut);
                world.latest_charge = world.latest_charge.max(now);
                world.highest_debt = world.highest_debt.max(charge.tat - world.latest_charge);
                world.tat = charge.tat;
                world.version += 1;
                world.in_flight -= 1;
                At::Idle
            }
        };
    }
}

#[test]
fn a_bucket_owes_ten_times_its_depth_at_most() {
    let quota = Quota::new(6, 60, 3, 1).unwrap();
    let charge = quota.charge_late(33, 0, 1000);
    assert_eq!(charge, LateCharge { tat: 1000 + 330, is_cut: false });
    assert_eq!(quota.charge_late(1, charge.tat, 1000), LateCharge { tat: 1000 + 330, is_cut: true });
    assert_eq!(quota.charge_late(1, charge.tat, 1010), LateCharge { tat: 1000 + 340, is_cut: false });
    // A clock that lags behind that of the last charge gives nothing back.
    assert_eq!(quota.charge_late(1, charge.tat, 900), LateCharge { tat: 1000 + 330, is_cut: true });
    assert_eq!(quota.charge_late(u64::MAX, 0, 1000), LateCharge { tat: 1000 + 330, is_cut: true });
}
