//! Tries every interleaving of a few virtual machines that share one registry and its tables. The bound must hold in
//! each.
//!
//! Each machine is a thread of one rule. Between its read of shared data and the compare-and-swap that follows, the
//! others may take any number of steps. So machines also stall, and some never resume.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::fmt::{self, Display, Formatter};
use std::hash::Hash;
use std::rc::Rc;

use super::grant::ABANDONED_AFTER;
use super::state::Entry;
use super::*;
use crate::bound;
use crate::explore::{self, Name, expect_right, explore};
use crate::gcra::{Conformance, Quota};
use crate::table::set::Set;

const SECOND: u64 = 1_000_000_000;
const INTERVAL: u64 = 10 * SECOND;
/// Tokens that a bucket of each rule holds.
const BURSTS: [u64; 2] = [4, 2];
const KEY: u64 = 7;

/// A value of shared data, and the number of its last write.
type Value = (Option<Rc<[u8]>>, u32);

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Without {
    Nothing,
    Epochs,
    Confirmations,
    EmptyBuckets,
}

/// What happens between two states.
enum Step {
    /// A machine of a rule does this.
    Machine(Name, u64, &'static str),
    Jump(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    without: Without,
    now: u64,
    /// How often the clock may still move.
    jumps: u32,
    registry: Value,
    /// The one set of each table.
    sets: Vec<Value>,
    machines: Vec<Machine>,
    /// When requests were allowed, by rule.
    allowed: Vec<Vec<u64>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Machine {
    name: Name,
    rule: u64,
    hold: Option<(u32, u64, u64)>,
    confirmed_at: Option<u64>,
    /// Requests that it may still get.
    requests: u32,
    at: At,
}

/// A machine's progress, after its last read or write.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum At {
    Idle,
    /// It must confirm before it charges.
    Confirm,
    Confirming(u64, Value),
    Create(u64, (u32, u64, u64)),
    Publish(u64, (u32, u64, u64)),
    Publishing(u64, (u32, u64, u64), Value),
    Charging(u64, Value),
}

fn hold((table, epoch, initial_tat): (u32, u64, u64)) -> Hold {
    Hold { table, epoch, initial_tat }
}

fn swap(value: &mut Value, seen: &Value, bytes: Vec<u8>) -> bool {
    let is_unchanged = value.1 == seen.1;
    if is_unchanged {
        *value = (Some(bytes.into()), value.1 + 1);
    }
    is_unchanged
}

impl World {
    /// One machine for each rule and number of requests.
    fn new(machines: &[(u64, u32)], jumps: u32, without: Without) -> Self {
        let machine = |(name, &(rule, requests)): (_, &(u64, u32))| Machine {
            name: Name(name),
            rule,
            hold: None,
            confirmed_at: None,
            requests,
            at: At::Idle,
        };
        Self {
            without,
            now: 100 * SECOND,
            jumps,
            registry: (Some(crowded().into()), 1),
            sets: Vec::new(),
            machines: ["one", "two", "three"].into_iter().zip(machines).map(machine).collect(),
            allowed: vec![Vec::new(); 2],
        }
    }

    fn step(&self, index: usize) -> Option<(Step, Self)> {
        let (mut world, without) = (self.clone(), self.without);
        let machine = &mut world.machines[index];
        let quota = Quota::new(1, INTERVAL, BURSTS[machine.rule as usize], 1)?;
        let claim = Claim { identity: machine.rule, sets: 1, fill: quota.depth() };
        let step = Step::Machine(machine.name, machine.rule, machine.at.next());
        machine.at = match machine.at.clone() {
            At::Idle if machine.requests == 0 => return None,
            At::Idle => {
                machine.requests -= 1;
                let is_confirmed = machine.confirmed_at.is_some_and(|then| world.now < then + CONFIRMED_FOR);
                match machine.hold.is_some() && (is_confirmed || without == Without::Confirmations) {
                    true => charging(&world.sets, machine.hold, world.now)?,
                    false => At::Confirm,
                }
            }
            At::Confirm => At::Confirming(world.now, world.registry.clone()),
            At::Confirming(now, seen) => {
                let change = confirm(seen.0.as_deref(), &[claim], now);
                let (is_done, grants) = match change {
                    Change::Keep(grants) => (true, grants),
                    Change::Write(bytes, grants) => (swap(&mut world.registry, &seen, bytes), grants),
                };
                match (is_done, grants.ok()?[0]) {
                    (false, _) => At::Confirm,
                    (true, Grant::Pending) => At::Idle,
                    (true, Grant::New(new)) => At::Create(now, (new.table, new.epoch, new.initial_tat)),
                    (true, Grant::Held { hold, confirmed_at }) => {
                        machine.confirmed_at = Some(confirmed_at);
                        machine.hold = Some((hold.table, hold.epoch, hold.initial_tat));
                        charging(&world.sets, machine.hold, now)?
                    }
                }
            }
            At::Create(now, new) => {
                world.sets.resize(world.sets.len().max(new.0 as usize + 1), (None, 0));
                let set = &mut world.sets[new.0 as usize];
                assert_eq!(set.1, 0, "a key is created once");
                *set = (Some(Set::empty(hold(new)).into_bytes().into()), 1);
                At::Publish(now, new)
            }
            At::Publish(now, new) => At::Publishing(now, new, world.registry.clone()),
            At::Publishing(now, new, seen) => match publish(seen.0.as_deref(), hold(new)) {
                Change::Keep(_) => At::Idle,
                Change::Write(bytes, _) => match swap(&mut world.registry, &seen, bytes) {
                    false => At::Publish(now, new),
                    true => {
                        machine.confirmed_at = Some(now);
                        machine.hold = Some(new);
                        charging(&world.sets, machine.hold, now)?
                    }
                },
            },
            At::Charging(now, seen) => {
                let mut held = hold(machine.hold?);
                if without == Without::EmptyBuckets {
                    held.initial_tat = 0;
                }
                let mut set = Set::of_holder(seen.0.as_deref().map(<[u8]>::to_vec), held);
                if without == Without::Epochs {
                    set = set.or_else(|| Some(Set::empty(held).with_ways_of(seen.0.as_deref()?)));
                }
                match set.map(|set| (quota.charge(set.tat(KEY), now), set)) {
                    None => {
                        machine.hold = None;
                        At::Idle
                    }
                    Some((Conformance::Nonconforming { .. }, _)) => At::Idle,
                    Some((Conformance::Conforming { tat }, mut set)) => {
                        set.put(KEY, tat);
                        match swap(&mut world.sets[held.table as usize], &seen, set.into_bytes()) {
                            false => charging(&world.sets, machine.hold, now)?,
                            true => {
                                let allowed = &mut world.allowed[machine.rule as usize];
                                allowed.push(now);
                                allowed.sort_unstable();
                                At::Idle
                            }
                        }
                    }
                }
            }
        };
        // Machines of one rule are interchangeable.
        world.machines.sort_unstable();
        Some((step, world))
    }
}

impl explore::State for World {
    type Step = Step;

    fn next(&self) -> Vec<(Step, Self)> {
        let mut next: Vec<_> = (0..self.machines.len()).filter_map(|machine| self.step(machine)).collect();
        if self.jumps > 0 {
            for by in [SECOND, ABANDONED_AFTER + SECOND, BURSTS[1] * INTERVAL] {
                let world = Self { now: self.now + by, jumps: self.jumps - 1, ..self.clone() };
                next.push((Step::Jump(by / SECOND), world));
            }
        }
        next
    }

    fn wrong(&self) -> Option<&'static str> {
        let holds = |(times, burst): (&Vec<_>, _)| bound::holds(times, INTERVAL, burst, 1);
        (!self.allowed.iter().zip(BURSTS).all(holds)).then_some("a rule allowed more than its bound")
    }

    fn has_effect(&self) -> bool {
        self.allowed.iter().any(|times| !times.is_empty())
    }
}

impl At {
    /// Says what a machine does next.
    fn next(&self) -> &'static str {
        match self {
            Self::Idle => "gets a request",
            Self::Confirm => "reads the registry, to confirm its table",
            Self::Confirming(..) => "writes the registry, if it has not changed",
            Self::Create(..) => "creates the table",
            Self::Publish(..) => "reads the registry, to publish its table",
            Self::Publishing(..) => "writes the registry, if it has not changed, with its table",
            Self::Charging(..) => "charges the bucket, if its set has not changed",
        }
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(Name(name), rule, does) => write!(f, "machine {name} of rule {rule} {does}"),
            Self::Jump(by) => write!(f, "the clock jumps by {by} s"),
        }
    }
}

/// Returns a registry with as many other tables kept for rollbacks that a table can change hands before its buckets are full.
pub(crate) fn crowded() -> Vec<u8> {
    let entry = |number: u64| Entry {
        claim: Claim { identity: 1000 + number, sets: 0, fill: u64::MAX / 2 },
        capacity: 0,
        hold: Hold { table: u32::MAX, epoch: 0, initial_tat: 0 },
        confirmed_at: 0,
        is_published: true,
    };
    State { entries: (0..16).map(entry).collect(), ..State::default() }.to_bytes()
}

/// Returns the state of a machine that has read its set of the table that it holds.
fn charging(sets: &[Value], hold: Option<(u32, u64, u64)>, now: u64) -> Option<At> {
    Some(At::Charging(now, sets.get(hold?.0 as usize).cloned().unwrap_or_default()))
}

#[test]
fn in_every_interleaving_no_rule_allows_more_than_its_bound() {
    for (machines, jumps) in
        [([(1, 3), (1, 3)].as_slice(), 2), (&[(0, 3), (1, 3)], 2), (&[(1, 1), (1, 1), (0, 1)], 3)]
    {
        let name = format_args!("registry: rules and requests {machines:?}, {jumps} jumps of time");
        expect_right(name, &World::new(machines, jumps, Without::Nothing));
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    for (without, machines) in [
        (Without::Epochs, [(1, 3), (0, 1)].as_slice()),
        (Without::Confirmations, &[(1, 2), (1, 2), (0, 1)]),
        (Without::EmptyBuckets, &[(1, 4), (0, 1)]),
    ] {
        let found = explore(format_args!("registry without {without:?}"), &World::new(machines, 2, without));
        assert!(found.wrong.is_some(), "the bound holds without {without:?}");
    }
}
