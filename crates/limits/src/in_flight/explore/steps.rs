//! The steps between the states of a few workers and the shared data.

use std::fmt::{self, Display, Formatter};

use proxy_filter::shared_data::Change;

use super::world::{At, Held, MOST, Machine, Request, Value, WAYS, Without, World, epoch, hold};
use crate::explore::Name;
use crate::gcra::SECOND;
use crate::in_flight::rows::Rows;
use crate::in_flight::workers::{self, GONE_AFTER, Workers};
use crate::registry::{CONFIRMED_FOR, Claim, Grant, confirm, publish};

/// What happens between two states.
pub(super) enum Step {
    /// A machine of a rule does this.
    Machine(Name, u64, &'static str),
    /// The clock jumps by this many seconds.
    Jump(u64),
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine(Name(name), rule, does) => write!(f, "machine {name} of rule {rule} {does}"),
            Self::Jump(by) => write!(f, "the clock jumps by {by} s"),
        }
    }
}

impl At {
    /// Says what a machine does next.
    fn next(&self) -> &'static str {
        match self {
            Self::Idle => "waits",
            Self::Confirm(_) => "reads the registry, to confirm its table",
            Self::Confirming(..) => "writes the registry, if it has not changed",
            Self::Create(..) => "creates the table",
            Self::Publish(..) => "reads the registry, to publish its table",
            Self::Publishing(..) => "writes the registry, if it has not changed, with its table",
            Self::Renew(_) => "reads the workers, if it must renew its number",
            Self::Renewing(..) => "writes the workers, if they have not changed",
            Self::Admit(_) => "reads the set",
            Self::Admitting(..) => "counts the request, if the set has not changed",
            Self::Release(_) => "reads the set, to count a request no more",
            Self::Releasing(..) => "counts a request no more, if the set has not changed",
        }
    }
}

impl World {
    /// Returns all possible next states.
    pub(super) fn steps(&self) -> Vec<(Step, Self)> {
        let mut next = Vec::new();
        for (index, machine) in self.machines.iter().enumerate() {
            let does = |does| Step::Machine(machine.name, machine.rule, does);
            if machine.at == At::Idle {
                next.extend(self.choices(index).into_iter().map(|(choice, world)| (does(choice), world)));
            } else {
                next.extend(self.step(index).map(|world| (does(machine.at.next()), world)));
            }
            if self.traps > 0 && !machine.in_flight.is_empty() {
                let mut world = Self { traps: self.traps - 1, ..self.clone() };
                world.machines[index] = Machine::new(machine.name, machine.rule, machine.requests.clone());
                next.push((does("traps, and starts again"), world));
            }
        }
        if self.jumps > 0 {
            for by in [GONE_AFTER - 10 * SECOND, GONE_AFTER + 5 * SECOND] {
                let world = Self { now: self.now + by, jumps: self.jumps - 1, ..self.clone() };
                next.push((Step::Jump(by / SECOND), world));
            }
        }
        // Machines of one rule are interchangeable.
        next.iter_mut().for_each(|(_, world)| world.machines.sort_unstable());
        next
    }

    /// What an idle machine may do: serve its next request, end one, or tick.
    fn choices(&self, index: usize) -> Vec<(&'static str, Self)> {
        let with = |change: &dyn Fn(&mut Machine)| {
            let mut world = self.clone();
            change(&mut world.machines[index]);
            world
        };
        let machine = &self.machines[index];
        let is_confirmed = machine.confirmed_at.is_some_and(|then| self.now < then + CONFIRMED_FOR);
        let mut choices = Vec::new();
        if let Some(key) = machine.requests.first().copied() {
            let request = with(&|machine| {
                machine.requests.remove(0);
                machine.at = match is_confirmed && machine.held.is_some() {
                    true => At::Renew(Some(key)),
                    false => At::Confirm(Some(key)),
                };
            });
            choices.push(("gets a request", request));
        }
        for ended in 0..machine.in_flight.len() {
            let end = with(&|machine| machine.at = At::Release(machine.in_flight.remove(ended)));
            choices.push(("ends a request", end));
        }
        if !is_confirmed && machine.number.is_some() && machine.renewed_at != Some(self.now) {
            choices.push(("ticks", with(&|machine| machine.at = At::Confirm(None))));
        }
        choices
    }

    fn step(&self, index: usize) -> Option<Self> {
        let (mut world, without) = (self.clone(), self.without);
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
                world.sets[new.0 as usize] = (Some(Rows::empty(hold(new)).to_bytes().into()), 1);
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
                    None => seen.0.as_deref().map(<[u8]>::to_vec),
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

fn swap(value: &mut Value, seen: &Value, bytes: Vec<u8>) -> bool {
    let is_unchanged = value.1 == seen.1;
    if is_unchanged {
        *value = (Some(bytes.into()), value.1 + 1);
    }
    is_unchanged
}
