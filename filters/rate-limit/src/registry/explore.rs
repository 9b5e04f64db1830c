//! Every order of what a few virtual machines do with one registry and its tables, and whether the bound holds.
//!
//! Each machine is a thread of one rule. Between a read of shared data and the compare-and-swap that follows, any
//! other may go on, for as long as it likes: so machines also stall, and some are never heard of again.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::*;
use crate::bound;
use crate::gcra::{Decision, Quota};
use crate::table::Set;

const INTERVAL: u64 = 10 * SECOND;
/// Tokens that a bucket of each rule holds.
const BURSTS: [u64; 2] = [4, 2];
const KEY: u64 = 7;

/// A value of shared data, and the number of its last write.
type Value = (Option<Vec<u8>>, u32);

/// What to leave out of the protocol, to see that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    Stamps,
    Confirmations,
    EmptyBuckets,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct World {
    now: u64,
    /// How often time may still pass.
    jumps: u32,
    registry: Value,
    /// The one set of each table.
    sets: Vec<Value>,
    machines: Vec<Machine>,
    /// When requests were admitted, by rule.
    admitted: Vec<Vec<u64>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Machine {
    rule: u64,
    hold: Option<(u32, u64, u64)>,
    confirmed: Option<u64>,
    /// Requests that may still come to it.
    requests: u32,
    at: At,
}

/// Where a machine is: behind its last read, or its last write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum At {
    Idle,
    /// It has to confirm before it charges.
    Confirm,
    Confirming(u64, Value),
    Make(u64, (u32, u64, u64)),
    Publish(u64, (u32, u64, u64)),
    Publishing(u64, (u32, u64, u64), Value),
    Charging(u64, Value),
}

fn hold((table, stamp, floor): (u32, u64, u64)) -> Hold {
    Hold { table, stamp, floor }
}

fn swap(value: &mut Value, seen: &Value, bytes: Vec<u8>) -> bool {
    let is_unchanged = value.1 == seen.1;
    if is_unchanged {
        *value = (Some(bytes), value.1 + 1);
    }
    is_unchanged
}

impl World {
    /// Machines of these rules, and how many requests may come to each.
    fn new(machines: &[(u64, u32)], jumps: u32) -> Self {
        let machine = |&(rule, requests): &(u64, u32)| Machine {
            rule,
            hold: None,
            confirmed: None,
            requests,
            at: At::Idle,
        };
        // Tables that are kept for others make one that is abandoned too early to be had at once.
        let entry = |number: u64| Entry {
            claim: Claim { identity: 1000 + number, sets: 0, fill: u64::MAX / 2 },
            capacity: 0,
            hold: Hold { table: u32::MAX, stamp: 0, floor: 0 },
            seen: 0,
            is_ready: true,
        };
        let state = State { entries: (0..16).map(entry).collect(), ..State::default() };
        Self {
            now: 100 * SECOND,
            jumps,
            registry: (Some(state.to_bytes()), 1),
            machines: machines.iter().map(machine).collect(),
            admitted: vec![Vec::new(); 2],
            ..Self::default()
        }
    }

    /// What may come next.
    fn next(&self, without: Without) -> Vec<Self> {
        let mut next: Vec<_> =
            (0..self.machines.len()).filter_map(|machine| self.step(machine, without)).collect();
        if self.jumps > 0 {
            for by in [SECOND, ABANDONED + SECOND, BURSTS[1] * INTERVAL] {
                next.push(Self { now: self.now + by, jumps: self.jumps - 1, ..self.clone() });
            }
        }
        next
    }

    fn step(&self, index: usize, without: Without) -> Option<Self> {
        let mut world = self.clone();
        let machine = &mut world.machines[index];
        let quota = Quota::new(1, INTERVAL, BURSTS[machine.rule as usize], 1)?;
        let claim = Claim { identity: machine.rule, sets: 1, fill: quota.depth() };
        machine.at = match machine.at.clone() {
            At::Idle if machine.requests == 0 => return None,
            At::Idle => {
                machine.requests -= 1;
                let is_confirmed = machine.confirmed.is_some_and(|then| world.now < then + CONFIRMED);
                match machine.hold.is_some() && (is_confirmed || without == Without::Confirmations) {
                    true => charging(&world.sets, machine.hold, world.now)?,
                    false => At::Confirm,
                }
            }
            At::Confirm => At::Confirming(world.now, world.registry.clone()),
            At::Confirming(now, seen) => {
                let change = confirm(seen.0.as_deref(), &[claim], now);
                let (is_done, places) = match change {
                    Change::Keep(places) => (true, places),
                    Change::Write(bytes, places) => (swap(&mut world.registry, &seen, bytes), places),
                };
                match (is_done, places.ok()?[0]) {
                    (false, _) => At::Confirm,
                    (true, Place::Pending) => At::Idle,
                    (true, Place::New(new)) => At::Make(now, (new.table, new.stamp, new.floor)),
                    (true, Place::Held(held, seen)) => {
                        machine.confirmed = Some(seen);
                        machine.hold = Some((held.table, held.stamp, held.floor));
                        charging(&world.sets, machine.hold, now)?
                    }
                }
            }
            At::Make(now, new) => {
                world.sets.resize(world.sets.len().max(new.0 as usize + 1), (None, 0));
                let set = &mut world.sets[new.0 as usize];
                assert_eq!(set.1, 0, "a key is made once");
                *set = (Some(Set::empty(new.2).to_bytes(new.1)), 1);
                At::Publish(now, new)
            }
            At::Publish(now, new) => At::Publishing(now, new, world.registry.clone()),
            At::Publishing(now, new, seen) => match publish(seen.0.as_deref(), hold(new)) {
                Change::Keep(_) => At::Idle,
                Change::Write(bytes, _) => match swap(&mut world.registry, &seen, bytes) {
                    false => At::Publish(now, new),
                    true => {
                        machine.confirmed = Some(now);
                        machine.hold = Some(new);
                        charging(&world.sets, machine.hold, now)?
                    }
                },
            },
            At::Charging(now, seen) => {
                let mut held = hold(machine.hold?);
                if without == Without::EmptyBuckets {
                    held.floor = 0;
                }
                let mut set = Set::held(seen.0.as_deref(), held);
                if without == Without::Stamps {
                    set = set.or_else(|| Set::of_any_holder(seen.0.as_deref()));
                }
                match set.map(|set| (quota.charge(set.tat(KEY), now), set)) {
                    None => {
                        machine.hold = None;
                        At::Idle
                    }
                    Some((Decision::Limited { .. }, _)) => At::Idle,
                    Some((Decision::Admitted { tat }, mut set)) => {
                        set.put(KEY, tat);
                        match swap(&mut world.sets[held.table as usize], &seen, set.to_bytes(held.stamp)) {
                            false => charging(&world.sets, machine.hold, now)?,
                            true => {
                                let admitted = &mut world.admitted[machine.rule as usize];
                                admitted.push(now);
                                admitted.sort_unstable();
                                At::Idle
                            }
                        }
                    }
                }
            }
        };
        // Which of a rule's machines is which does not matter.
        world.machines.sort_unstable();
        Some(world)
    }

    fn holds(&self) -> bool {
        self.admitted.iter().zip(BURSTS).all(|(times, burst)| bound::holds(times, INTERVAL, burst, 1))
    }
}

/// Reads the set of the table that a machine holds.
fn charging(sets: &[Value], hold: Option<(u32, u64, u64)>, now: u64) -> Option<At> {
    Some(At::Charging(now, sets.get(hold?.0 as usize).cloned().unwrap_or_default()))
}

/// How many states there are, and one in which the bound is broken.
fn explore(start: World, without: Without) -> (usize, Option<World>) {
    let (mut seen, mut open) = (HashSet::new(), vec![start]);
    while let Some(world) = open.pop() {
        if !world.holds() {
            return (seen.len(), Some(world));
        }
        for next in world.next(without) {
            let mut hasher = DefaultHasher::new();
            next.hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                open.push(next);
            }
        }
    }
    (seen.len(), None)
}

#[test]
fn whatever_the_order_no_rule_admits_more_than_its_bound() {
    for (machines, jumps) in
        [([(1, 3), (1, 3)].as_slice(), 2), (&[(0, 3), (1, 3)], 2), (&[(1, 1), (1, 1), (0, 1)], 3)]
    {
        let (states, broken) = explore(World::new(machines, jumps), Without::Nothing);
        println!("rules and requests {machines:?}, {jumps} jumps of time: {states} states");
        assert!(broken.is_none(), "{broken:#?}");
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    for without in [Without::Stamps, Without::Confirmations, Without::EmptyBuckets] {
        let worlds = [[(0, 1), (1, 3)].as_slice(), &[(1, 3), (1, 3), (0, 1)]];
        let broken = worlds.iter().any(|machines| explore(World::new(machines, 2), without).1.is_some());
        assert!(broken, "the bound holds without {without:?}");
    }
}
