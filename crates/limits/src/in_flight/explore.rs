//! Tries every interleaving of a few workers that share the tables. No key may have more requests in flight than its rule
//! allows, and when all have ended, none may be counted.
//!
//! Between its read of shared data and the compare-and-swap that follows, each worker may stall while the others take any
//! number of steps. Workers also trap, and start again with nothing.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use proxy_filter::shared_data::Change;

use super::rows::Rows;
use super::workers::{self, GONE_AFTER, Workers};
use crate::gcra::SECOND;
use crate::registry::{CONFIRMED_FOR, Claim, Grant, Hold, confirm, publish};
use crate::table::set::Set;

/// Requests of a key that may be in flight.
const MOST: u64 = 1;
/// Keys of a set that have an entry of their own.
const WAYS: usize = 1;
/// Three keys that would share the same entry.
const KEYS: [u64; 3] = [8, 16, 24];

/// The epoch of the table that a rule with buckets has abandoned.
const BUCKETS_EPOCH: u64 = 1;

/// A value of shared data, and the number of its last write.
type Value = (Option<Vec<u8>>, u32);

/// A hold: table, epoch and initial TAT.
type Held = (u32, u64, u64);

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    /// Each set belongs to whoever writes it.
    Epochs,
    /// A key takes an entry of its own while its requests are in the shared one.
    LoyaltyToEntries,
    /// A worker that was gone comes back under the same number.
    NewNumbers,
    /// The rows of workers that are gone stay.
    Pruning,
    /// A worker renews its number although its tables are not confirmed.
    JointRenewal,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct World {
    now: u64,
    /// How often the clock may still move, and a worker trap.
    jumps: u32,
    traps: u32,
    registry: Value,
    workers: Value,
    /// The one set of each table.
    sets: Vec<Value>,
    machines: Vec<Machine>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Machine {
    rule: u64,
    /// The keys of the requests that it may still get.
    requests: Vec<u64>,
    held: Option<Held>,
    confirmed_at: Option<u64>,
    renewed_at: Option<u64>,
    number: Option<u64>,
    seen: Workers,
    in_flight: Vec<Request>,
    at: At,
}

/// A request in flight, and where it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Request {
    key: u64,
    held: Held,
    entry: u64,
    number: u64,
}

/// A machine's progress, after its last read or write. The key is that of a request; a tick has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum At {
    Idle,
    Confirm(Option<u64>),
    Confirming(Option<u64>, u64, Value),
    Create(Option<u64>, u64, Held),
    Publish(Option<u64>, u64, Held),
    Publishing(Option<u64>, u64, Held, Value),
    Renew(Option<u64>),
    Renewing(Option<u64>, Value),
    Admit(u64),
    Admitting(u64, Value),
    Release(Request),
    Releasing(Request, Value),
}

fn hold((table, epoch, initial_tat): Held) -> Hold {
    Hold { table, epoch, initial_tat }
}

fn swap(value: &mut Value, seen: &Value, bytes: Vec<u8>) -> bool {
    let is_unchanged = value.1 == seen.1;
    if is_unchanged {
        *value = (Some(bytes), value.1 + 1);
    }
    is_unchanged
}

fn epoch(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |epoch| u64::from_le_bytes(*epoch))
}

/// Reads a set as the holder sees it.
fn rows(seen: &Value, held: Held, without: Without) -> Option<Rows> {
    let bytes = seen.0.as_deref()?;
    match without {
        Without::Epochs => {
            let bytes = [held.1.to_le_bytes().as_slice(), bytes.get(8..)?].concat();
            Rows::of_holder(Some(&bytes), hold(held))
        }
        _ => Rows::of_holder(Some(bytes), hold(held)),
    }
}

/// Finds a key's entry as if no requests were in the shared one.
fn entry_without_shared(rows: &Rows, key: u64) -> u64 {
    let is_shared = |row: &&[u8; 24]| row[7] & 0x80 == 0;
    let bytes = rows.to_bytes();
    let own = bytes[8..].as_chunks().0.iter().filter(|row| !is_shared(row)).flatten();
    let bytes: Vec<_> = bytes[..8].iter().chain(own).copied().collect();
    let own = Rows::of_holder(Some(&bytes), hold((0, epoch(&bytes), 0)));
    own.map_or(0, |rows| rows.entry(key, WAYS))
}

/// Adds a worker to those that are alive.
fn with_worker(bytes: &[u8], number: u64, now: u64) -> Vec<u8> {
    match Workers::read(Some(bytes)).is_some_and(|workers| workers.is_gone(number)) {
        true => bytes.iter().copied().chain(number.to_le_bytes()).chain(now.to_le_bytes()).collect(),
        false => bytes.to_vec(),
    }
}

impl Machine {
    fn new(rule: u64, requests: Vec<u64>) -> Self {
        Self {
            rule,
            requests,
            held: None,
            confirmed_at: None,
            renewed_at: None,
            number: None,
            seen: Workers::default(),
            in_flight: Vec::new(),
            at: At::Idle,
        }
    }
}

impl World {
    /// One machine for each rule and list of keys.
    fn new(machines: &[(u64, &[u64])], jumps: u32, traps: u32) -> Self {
        let machine = |&(rule, keys): &(u64, &[u64])| Machine::new(rule, keys.to_vec());
        let machines = machines.iter().map(machine).collect();
        // A rule with buckets has abandoned its table.
        let claim = Claim { identity: 100, sets: 1, fill: 0 };
        let Change::Write(bytes, Ok(grants)) = confirm(None, &[claim], 0) else { return Self::default() };
        let Grant::New(hold) = grants[0] else { return Self::default() };
        let Change::Write(registry, true) = publish(Some(&bytes), hold) else { return Self::default() };
        let mut buckets = Set::empty(hold);
        (1..=8).for_each(|key| buckets.put(key, key * SECOND));
        Self {
            now: 100 * SECOND,
            jumps,
            traps,
            registry: (Some(registry), 1),
            sets: vec![(Some(buckets.into_bytes()), 1)],
            machines,
            ..Self::default()
        }
    }

    /// Returns all possible next states.
    fn next(&self, without: Without) -> Vec<Self> {
        let mut next = Vec::new();
        for (index, machine) in self.machines.iter().enumerate() {
            if machine.at == At::Idle {
                next.extend(self.choices(index));
            } else {
                next.extend(self.step(index, without));
            }
            if self.traps > 0 && !machine.in_flight.is_empty() {
                let mut world = Self { traps: self.traps - 1, ..self.clone() };
                world.machines[index] = Machine::new(machine.rule, machine.requests.clone());
                next.push(world);
            }
        }
        if self.jumps > 0 {
            for by in [GONE_AFTER - 10 * SECOND, GONE_AFTER + 5 * SECOND] {
                next.push(Self { now: self.now + by, jumps: self.jumps - 1, ..self.clone() });
            }
        }
        // Machines of one rule are interchangeable.
        next.iter_mut().for_each(|world| world.machines.sort_unstable());
        next
    }

    /// What an idle machine may do: serve its next request, end one, or tick.
    fn choices(&self, index: usize) -> Vec<Self> {
        let with = |change: &dyn Fn(&mut Machine)| {
            let mut world = self.clone();
            change(&mut world.machines[index]);
            world
        };
        let machine = &self.machines[index];
        let is_confirmed = machine.confirmed_at.is_some_and(|then| self.now < then + CONFIRMED_FOR);
        let mut choices = Vec::new();
        if let Some(key) = machine.requests.first().copied() {
            choices.push(with(&|machine| {
                machine.requests.remove(0);
                machine.at = match is_confirmed && machine.held.is_some() {
                    true => At::Renew(Some(key)),
                    false => At::Confirm(Some(key)),
                };
            }));
        }
        for ended in 0..machine.in_flight.len() {
            choices.push(with(&|machine| machine.at = At::Release(machine.in_flight.remove(ended))));
        }
        if !is_confirmed && machine.number.is_some() && machine.renewed_at != Some(self.now) {
            choices.push(with(&|machine| machine.at = At::Confirm(None)));
        }
        choices
    }

    fn step(&self, index: usize, without: Without) -> Option<Self> {
        let mut world = self.clone();
        let machine = &mut world.machines[index];
        let claim = Claim { identity: machine.rule, sets: 1, fill: GONE_AFTER };
        machine.at = match machine.at.clone() {
            At::Idle => return None,
            At::Confirm(None) if without == Without::JointRenewal => {
                machine.confirmed_at = None;
                At::Renewing(None, world.workers.clone())
            }
            At::Confirm(key) => At::Confirming(key, world.now, world.registry.clone()),
            At::Confirming(key, now, seen) => {
                let (is_done, grants) = match confirm(seen.0.as_deref(), &[claim], now) {
                    Change::Keep(grants) => (true, grants),
                    Change::Write(bytes, grants) => (swap(&mut world.registry, &seen, bytes), grants),
                };
                match (is_done, grants.ok()?[0]) {
                    (false, _) => At::Confirm(key),
                    (true, Grant::Pending) => At::Idle,
                    (true, Grant::New(new)) => At::Create(key, now, (new.table, new.epoch, new.initial_tat)),
                    (true, Grant::Held { hold, confirmed_at }) => {
                        machine.confirmed_at = Some(confirmed_at);
                        machine.held = Some((hold.table, hold.epoch, hold.initial_tat));
                        At::Renew(key)
                    }
                }
            }
            At::Create(key, now, new) => {
                world.sets.resize(world.sets.len().max(new.0 as usize + 1), (None, 0));
                world.sets[new.0 as usize] = (Some(Rows::empty(hold(new)).to_bytes()), 1);
                At::Publish(key, now, new)
            }
            At::Publish(key, now, new) => At::Publishing(key, now, new, world.registry.clone()),
            At::Publishing(key, now, new, seen) => match publish(seen.0.as_deref(), hold(new)) {
                Change::Keep(_) => At::Idle,
                Change::Write(bytes, _) => match swap(&mut world.registry, &seen, bytes) {
                    false => At::Publish(key, now, new),
                    true => {
                        machine.confirmed_at = Some(now);
                        machine.held = Some(new);
                        At::Renew(key)
                    }
                },
            },
            At::Renew(key) if machine.renewed_at == machine.confirmed_at => key.map_or(At::Idle, At::Admit),
            At::Renew(key) => At::Renewing(key, world.workers.clone()),
            At::Renewing(key, seen) => {
                let now = machine.confirmed_at.unwrap_or(world.now);
                let before = match machine.number.filter(|_| without == Without::NewNumbers) {
                    Some(number) => seen.0.as_deref().map(|bytes| with_worker(bytes, number, now)),
                    None => seen.0.clone(),
                };
                match workers::renew(before.as_deref(), machine.number, now) {
                    Change::Write(bytes, Some((number, workers))) => {
                        match swap(&mut world.workers, &seen, bytes) {
                            false => At::Renewing(key, world.workers.clone()),
                            true => {
                                machine.number = Some(number);
                                machine.seen = workers;
                                machine.renewed_at = Some(now);
                                key.map_or(At::Idle, At::Admit)
                            }
                        }
                    }
                    _ => return None,
                }
            }
            At::Admit(key) => At::Admitting(key, world.sets[machine.held?.0 as usize].clone()),
            At::Admitting(key, seen) => {
                let (held, number) = (machine.held?, machine.number?);
                match rows(&seen, held, without) {
                    None => {
                        machine.held = None;
                        At::Idle
                    }
                    Some(mut rows) => {
                        if without != Without::Pruning {
                            rows.prune(|worker| machine.seen.is_gone(worker));
                        }
                        let mut entry = rows.entry(key, WAYS);
                        if without == Without::LoyaltyToEntries {
                            entry = entry_without_shared(&rows, key);
                        }
                        match rows.admit(entry, number, MOST) {
                            None => At::Idle,
                            Some(_) => match swap(&mut world.sets[held.0 as usize], &seen, rows.to_bytes()) {
                                false => At::Admit(key),
                                true => {
                                    machine.in_flight.push(Request { key, held, entry, number });
                                    machine.in_flight.sort_unstable();
                                    At::Idle
                                }
                            },
                        }
                    }
                }
            }
            At::Release(request) => At::Releasing(request, world.sets[request.held.0 as usize].clone()),
            At::Releasing(request, seen) => {
                let rows = rows(&seen, request.held, without);
                match rows.and_then(|rows| rows.without(request.entry, request.number, 1)) {
                    None => At::Idle,
                    Some(rows) => {
                        match swap(&mut world.sets[request.held.0 as usize], &seen, rows.to_bytes()) {
                            false => At::Release(request),
                            true => At::Idle,
                        }
                    }
                }
            }
        };
        Some(world)
    }

    /// Returns what is wrong, if anything.
    fn wrong(&self, without: Without) -> Option<&'static str> {
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
            if without != Without::Pruning {
                rows.prune(|worker| workers.is_gone(worker) || trapped(worker));
            }
            hold.epoch > BUCKETS_EPOCH && rows != Rows::empty(hold)
        });
        leaks.then_some("requests that have ended are counted")
    }
}

/// Returns the number of reachable states, and one in which something is wrong, if any.
fn explore(start: World, without: Without) -> (usize, Option<(&'static str, World)>) {
    let (mut seen, mut open) = (HashSet::new(), vec![start]);
    while let Some(world) = open.pop() {
        if let Some(wrong) = world.wrong(without) {
            return (seen.len(), Some((wrong, world)));
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
        let (states, wrong) = explore(World::new(machines, jumps, traps), Without::Nothing);
        println!("rules and keys {machines:?}, {jumps} jumps of time, {traps} traps: {states} states");
        assert!(wrong.is_none(), "{wrong:#?}");
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
        let (states, wrong) = explore(World::new(machines, jumps, traps), without);
        println!("without {without:?}: {:?} after {states} states", wrong.as_ref().map(|(wrong, _)| wrong));
        assert!(wrong.is_some(), "nothing is wrong without {without:?}");
    }
}
