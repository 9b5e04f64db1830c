//! Tries every interleaving of a few workers that share the tables, with the code that filters run. No key may have more requests in
//! flight than its rule allows, and when all have ended, none may be counted.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use explore::vms::World;
use explore::{expect_right, explore, is_long};

use super::workers::{GONE_AFTER, KEY};
use crate::gcra::SECOND;
use crate::registry::{self, fixture::crowded};
use requests::{ABANDON, FILL, OVERWRITE, Requests, TRAP, Without, Workload};

mod plugin;
mod requests;

/// When explorations begin.
const START: u64 = 1000 * SECOND;

/// Three keys that share an entry if the set has no room.
const A: u64 = 8;
const B: u64 = 16;
const C: u64 = 24;

const NAMES: [&str; 3] = ["one", "two", "three"];

fn expect_limits(name: &str, scenario: &Requests, start: World<'_, Requests>, jumps: u32, traps: u32) {
    let name =
        format_args!("in flight: {name}, {:?}, {jumps} jumps of time, {traps} traps", scenario.workers);
    expect_right(name, &world(scenario, start.with(jumps, traps)));
}

fn world<'a>(scenario: &Requests, start: World<'a, Requests>) -> World<'a, Requests> {
    // Workers of another rule start at any time.
    let machines = NAMES.into_iter().zip(scenario.workers).enumerate();
    let world = machines.fold(start, |world, (program, (name, (rule, _)))| match rule {
        1 => world.running(name, program),
        _ => world.starting(name, program),
    });
    if scenario.is_overwritten { world.starting("the other module", OVERWRITE) } else { world }
}

#[test]
fn keys_that_share_an_entry() {
    let short: [(Workload, _); 2] = [(&[(1, &[A, B]), (1, &[B, C])], 0), (&[(1, &[A, B, A]), (1, &[B])], 1)];
    let long: [(Workload, _); 2] =
        [(&[(1, &[A, B, A]), (1, &[B, C])], 1), (&[(1, &[B, A]), (1, &[B]), (1, &[A])], 0)];
    for (workers, traps) in if is_long() { long } else { short } {
        let scenario = Requests::of(workers);
        expect_limits("shared entries", &scenario, World::new(&scenario, START).after(FILL), 0, traps);
    }
}

/// Less than workers may stall, and more.
const JUMPS: &[u64] = &[GONE_AFTER - 10 * SECOND, GONE_AFTER + 5 * SECOND];

#[test]
fn workers_that_stall_or_trap() {
    let short: [(Workload, _, _); 2] =
        [(&[(1, &[A, A]), (1, &[A])], 1, 0), (&[(1, &[A, A]), (1, &[A])], 0, 1)];
    let long: [(Workload, _, _); 2] =
        [(&[(1, &[A, A]), (1, &[A])], 1, 1), (&[(1, &[A]), (1, &[A]), (1, &[A])], 0, 1)];
    for (workers, jumps, traps) in if is_long() { long } else { short } {
        let scenario = Requests { jumps: JUMPS, ..Requests::of(workers) };
        expect_limits("stalls and traps", &scenario, World::new(&scenario, START), jumps, traps);
    }
}

#[test]
fn a_worker_that_is_gone() {
    let scenario = Requests { is_after_trap: true, ..Requests::of(&[(1, &[A]), (1, &[A])]) };
    let mut start = World::new(&scenario, START).after(TRAP);
    start.now += GONE_AFTER + 5 * SECOND;
    expect_limits("after a trap", &scenario, start, 0, 0);
}

/// A table of buckets is abandoned. Its numbers may be those of workers, which begin at 0 here.
#[test]
fn a_table_that_changes_hands() {
    let short: [(Workload, _); 1] = [(&[(1, &[A]), (2, &[A, A])], 1)];
    let long: [(Workload, _); 1] = [(&[(1, &[A, A]), (2, &[A])], 2)];
    for (workers, jumps) in if is_long() { long } else { short } {
        let scenario = Requests { jumps: JUMPS, ..Requests::of(workers) };
        let mut start = World::new(&scenario, START).with_shared(KEY.as_bytes(), vec![0; 8]).after(ABANDON);
        start.now += 10 * SECOND;
        expect_limits("changes of hands", &scenario, start, jumps, 0);
    }
}

#[test]
fn a_rule_that_loses_its_table_early() {
    let scenario = Requests { jumps: &JUMPS[..1], ..Requests::of(&[(1, &[A, A]), (2, &[A])]) };
    let start = World::new(&scenario, START).with_shared(registry::KEY.as_bytes(), crowded());
    expect_limits("early losses", &scenario, start, 1, 0);
}

#[test]
fn a_set_that_other_software_overwrites() {
    let cases: [Workload; 2] = [&[(1, &[A, A, A, A])], &[(1, &[A, A, A]), (1, &[A, A])]];
    for workers in cases {
        let scenario = Requests { is_overwritten: true, ..Requests::of(workers) };
        expect_limits("an overwritten set", &scenario, World::new(&scenario, START), 0, 0);
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    for without in [Without::Generations, Without::CompareAndSwap] {
        let scenario =
            Requests { is_overwritten: true, without, ..Requests::of(&[(1, &[A, A, A, A]), (1, &[A])]) };
        let found = explore(
            format_args!("in flight without {without:?}"),
            &world(&scenario, World::new(&scenario, START)),
        );
        assert!(found.wrong.is_some(), "nothing is wrong without {without:?}");
    }
}
