//! All states that a few workers and the shared data can be in, and the steps between them.

use proxy_filter::shared_data::Change;

use crate::gcra::SECOND;
use crate::in_flight::rows::Rows;
use crate::in_flight::workers::{self, GONE_AFTER, Workers};
use crate::registry::{CONFIRMED_FOR, Claim, Grant, Hold, confirm, publish};
use crate::table::set::Set;

/// Requests of a key that may be in flight.
pub(super) const MOST: u64 = 1;
/// Keys of a set that have an entry of their own.
pub(super) const WAYS: usize = 1;
/// Three keys that would share the same entry.
pub(super) const KEYS: [u64; 3] = [8, 16, 24];

/// The epoch of the table that a rule with buckets has abandoned.
pub(super) const BUCKETS_EPOCH: u64 = 1;

/// A value of shared data, and the number of its last write.
pub(super) type Value = (Option<Vec<u8>>, u32);

/// A hold: table, epoch and initial TAT.
pub(super) type Held = (u32, u64, u64);

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Without {
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
pub(super) struct World {
    pub(super) now: u64,
    /// How often the clock may still move, and a worker trap.
    pub(super) jumps: u32,
    pub(super) traps: u32,
    pub(super) registry: Value,
    pub(super) workers: Value,
    /// The one set of each table.
    pub(super) sets: Vec<Value>,
    pub(super) machines: Vec<Machine>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Machine {
    pub(super) rule: u64,
    /// The keys of the requests that it may still get.
    pub(super) requests: Vec<u64>,
    pub(super) held: Option<Held>,
    pub(super) confirmed_at: Option<u64>,
    pub(super) renewed_at: Option<u64>,
    pub(super) number: Option<u64>,
    pub(super) seen: Workers,
    pub(super) in_flight: Vec<Request>,
    pub(super) at: At,
}

/// A request in flight, and where it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Request {
    pub(super) key: u64,
    pub(super) held: Held,
    pub(super) entry: u64,
    pub(super) number: u64,
}

/// A machine's progress, after its last read or write. The key is that of a request; a tick has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum At {
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

pub(super) fn hold((table, epoch, initial_tat): Held) -> Hold {
    Hold { table, epoch, initial_tat }
}

fn swap(value: &mut Value, seen: &Value, bytes: Vec<u8>) -> bool {
    let is_unchanged = value.1 == seen.1;
    if is_unchanged {
        *value = (Some(bytes), value.1 + 1);
    }
    is_unchanged
}

pub(super) fn epoch(bytes: &[u8]) -> u64 {
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
    pub(super) fn new(rule: u64, requests: Vec<u64>) -> Self {
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
    pub(super) fn new(machines: &[(u64, &[u64])], jumps: u32, traps: u32) -> Self {
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
            // Small numbers, which a set of buckets may seem to hold: those of the first list begin at the clock.
            workers: (Some(vec![0; 8]), 1),
            sets: vec![(Some(buckets.into_bytes()), 1)],
            machines,
            ..Self::default()
        }
    }

    /// Returns all possible next states.
    pub(super) fn next(&self, without: Without) -> Vec<Self> {
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
                            _ = rows.prune(|worker| machine.seen.is_gone(worker));
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
}
