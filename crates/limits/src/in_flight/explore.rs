//! Tries every interleaving of a few workers that share the tables. No key may have more requests in flight than its rule
//! allows, and when all have ended, none may be counted.
//!
//! Between its read of shared data and the compare-and-swap that follows, each worker may stall while the others take any
//! number of steps. Workers also trap, and start again with nothing.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::collections::HashSet;

use super::rows::Rows;
use super::workers::{GONE_AFTER, Workers};
use crate::explore::{State, expect_right, explore};
use steps::Step;
use world::{At, BUCKETS_EPOCH, KEYS, MOST, Machine, Without, World, epoch, hold};

mod steps;
mod world;

impl State for World {
    type Step = Step;

    fn next(&self) -> Vec<(Step, Self)> {
        self.steps()
    }

    fn wrong(&self) -> Option<&'static str> {
        let workers = Workers::read(self.workers.0.as_deref())?;
        // A worker that was not renewed in time is gone, even if no other has noticed.
        let is_alive = |number| workers.renewed_at(number).is_some_and(|then| self.now < then + GONE_AFTER);
        let rules: HashSet<_> = self.machines.iter().map(|machine| machine.rule).collect();
        for (rule, key) in rules.into_iter().flat_map(|rule| KEYS.map(|key| (rule, key))) {
            let machines = self.machines.iter().filter(|machine| machine.rule == rule);
            let requests = machines.flat_map(|machine| &machine.in_flight);
            if requests.filter(|it| it.key == key && is_alive(it.number)).count() > MOST as usize {
                return Some("a key has too many requests in flight");
            }
        }
        let is_quiet = |it: &Machine| it.at == At::Idle && it.in_flight.is_empty();
        if !self.machines.iter().all(is_quiet) {
            return None;
        }
        // What stays counted once the workers that trapped are gone, whoever holds the table.
        let numbers: Vec<_> = self.machines.iter().filter_map(|machine| machine.number).collect();
        let trapped = |worker| workers.renewed_at(worker).is_some() && !numbers.contains(&worker);
        let leaks = self.sets.iter().any(|(bytes, _)| {
            let hold = hold((0, bytes.as_deref().map_or(0, epoch), 0));
            let Some(mut rows) = Rows::of_holder(bytes.as_deref(), hold) else { return false };
            if self.without != Without::Pruning {
                rows.prune(|worker| workers.is_gone(worker) || trapped(worker));
            }
            hold.epoch > BUCKETS_EPOCH && rows != Rows::empty(hold)
        });
        leaks.then_some("requests that have ended are counted")
    }

    fn has_effect(&self) -> bool {
        self.machines.iter().any(|machine| !machine.in_flight.is_empty())
    }
}

#[test]
fn in_every_interleaving_no_key_has_too_many_in_flight_and_none_stays_counted() {
    let [a, b, c] = KEYS;
    for (machines, jumps, traps) in [
        // Keys that share an entry.
        ([(1, [a, b].as_slice()), (1, &[b, c])].as_slice(), 0, 0),
        (&[(1, &[a, b, a]), (1, &[b])], 0, 1),
        (&[(1, &[b, a]), (1, &[b]), (1, &[a])], 0, 0),
        // Workers that stall or trap.
        (&[(1, &[a, a]), (1, &[a])], 2, 1),
        (&[(1, &[a]), (1, &[a]), (1, &[a])], 1, 1),
        // A table that changes hands.
        (&[(1, &[a, a]), (2, &[a])], 2, 0),
        (&[(1, &[a]), (1, &[a]), (2, &[a])], 1, 0),
    ] {
        let name =
            format_args!("in flight: rules and keys {machines:?}, {jumps} jumps of time, {traps} traps");
        expect_right(name, &World::new(machines, jumps, traps, Without::Nothing));
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    let [a, b, _] = KEYS;
    for (without, machines, jumps, traps) in [
        (Without::Epochs, [(1, [a].as_slice())].as_slice(), 0, 0),
        (Without::LoyaltyToEntries, &[(1, &[a, b, b])], 0, 0),
        (Without::NewNumbers, &[(1, &[a, a]), (1, &[a])], 2, 0),
        (Without::Pruning, &[(1, &[a])], 0, 1),
        (Without::JointRenewal, &[(1, &[a, a]), (2, &[a])], 2, 0),
    ] {
        let start = World::new(machines, jumps, traps, without);
        let found = explore(format_args!("in flight without {without:?}"), &start);
        assert!(found.wrong.is_some(), "nothing is wrong without {without:?}");
    }
}
