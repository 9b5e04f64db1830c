//! Requests of several workers, and what must be true of them.

use std::collections::{BTreeMap, BTreeSet};

use explore::vms::{Scenario, Vm, World, printed};
use proxy_filter::shared_data;

use super::A;
use super::plugin::{MOST, Plugin, abandon, leave};
use crate::in_flight::Guard;
use crate::in_flight::rows::Rows;
use crate::in_flight::workers::{GONE_AFTER, KEY, Workers};
use crate::registry::Hold;
use crate::table::Location;

/// The programs beside the workers': one leaves room for one key in the first rule's set, one traps with a request in flight, one
/// abandons a table of buckets, and one is other software that overwrites the first table's set.
pub(super) const FILL: usize = 100;
pub(super) const TRAP: usize = 101;
pub(super) const ABANDON: usize = 102;
pub(super) const OVERWRITE: usize = 103;

/// The rule of each worker, and the keys of its requests.
pub(super) type Workload = &'static [(u64, &'static [u64])];

pub(super) struct Requests {
    /// The program of a worker is its index.
    pub(super) workers: Workload,
    pub(super) jumps: &'static [u64],
    pub(super) is_overwritten: bool,
    /// Whether a worker that is gone had the rule's requests in flight.
    pub(super) is_after_trap: bool,
    pub(super) without: Without,
}

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Without {
    Nothing,
    /// A request that ends is subtracted from a set that has begun anew.
    Generations,
    /// A worker overwrites what others have written since it read.
    CompareAndSwap,
}

impl Requests {
    pub(super) fn of(workers: Workload) -> Self {
        Self { workers, jumps: &[], is_overwritten: false, is_after_trap: false, without: Without::Nothing }
    }
}

/// What a worker reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Event {
    Began(Request),
    Ended(Request),
    /// All its requests have ended.
    Rests,
}

/// A request in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Request {
    rule: u64,
    key: u64,
    worker: u64,
    generation: u64,
}

impl Requests {
    fn work(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        let (rule, keys) = self.workers[program];
        let plugin = Plugin::start(rule)?;
        let mut left = keys[vm.first().min(keys.len())..].iter();
        let mut open = Vec::<(Guard, Request)>::new();
        let mut ticks = usize::from(!self.jumps.is_empty());
        while !(left.as_slice().is_empty() && open.is_empty()) {
            // A worker that traps serves the requests that it has yet to begin.
            vm.begin((keys.len() - left.as_slice().len()).saturating_sub(1));
            if !plugin.rules[0].table.has_suspect() {
                vm.checkpoint(printed(&(left.as_slice(), &open, ticks, &plugin)));
            }
            let begins = !left.as_slice().is_empty();
            let choice = vm.choose(open.len() + usize::from(begins) + ticks);
            if choice < open.len() {
                let (mut guard, request) = open.remove(choice);
                if self.without == Without::Generations {
                    guard.place.generation = rows(guard.place.at)?.generation();
                }
                vm.report(Event::Ended(request));
                drop(guard);
            } else if begins && choice == open.len() {
                let key = *left.next()?;
                if let Some(guard) = plugin.acquire(key)? {
                    let (worker, generation) = (guard.place.worker, guard.place.generation);
                    let request = Request { rule, key, worker, generation };
                    vm.report(Event::Began(request));
                    open.push((guard, request));
                }
            } else {
                ticks -= 1;
                plugin.tables.tick(&plugin.rules);
                plugin.worker.tick(&plugin.tables);
            }
            if vm.is_stopped() {
                return None;
            }
        }
        vm.begin(keys.len());
        vm.report(Event::Rests);
        // Waits, so that states are checked before the worker is gone: then it counts nothing in any case.
        vm.choose(1);
        Some(())
    }
}

/// Reads a set. `None` if it waits for the host.
fn rows(at: Location) -> Option<Rows> {
    let bytes = shared_data::get(&at.key()).ok()?;
    Some(Rows::of_holder(bytes.as_deref(), at).unwrap_or_else(|| Rows::empty(at.hold)))
}

/// Returns the requests that a worker has in flight.
fn in_flight(events: &[Event]) -> Vec<Request> {
    let mut open = Vec::new();
    for event in events {
        match event {
            Event::Began(request) => open.push(*request),
            Event::Ended(request) => {
                let ended = open.iter().position(|it| it == request).expect("it has begun");
                open.swap_remove(ended);
            }
            Event::Rests => {}
        }
    }
    open
}

impl Scenario for Requests {
    type Event = Event;

    fn run(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        match program {
            FILL => leave(&[1, 2, 3, 4, 5, 6, 7], vm),
            TRAP => leave(&[A], vm),
            ABANDON => abandon(),
            OVERWRITE => {
                let hold = Hold { table: 0, epoch: 0, initial_tat: 0 };
                shared_data::set(&Location { hold, set: 0 }.key(), b"another module's").ok()
            }
            _ => self.work(program, vm),
        }
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let value = |key: &[u8]| world.shared().find(|(other, _)| *other == key).map(|(_, value)| value);
        let Some(workers) = Workers::read(value(KEY.as_bytes())) else {
            return Some("the list of workers is unreadable");
        };
        // A worker that was not renewed in time is gone, even if no other has noticed.
        let is_alive = |worker| workers.renewed_at(worker).is_some_and(|then| world.now < then + GONE_AFTER);
        let (mut counts, mut counts_anew) = (BTreeMap::new(), BTreeMap::new());
        for request in world.events_by_machine().flat_map(in_flight).filter(|it| is_alive(it.worker)) {
            *counts.entry((request.rule, request.key)).or_insert(0) += 1;
            *counts_anew.entry((request.rule, request.key, request.generation)).or_insert(0) += 1;
        }
        // Once a set was overwritten, nobody knows of the requests from before.
        let most = if self.is_overwritten { 2 * MOST } else { MOST };
        if counts.into_values().any(|count| count > most)
            || counts_anew.into_values().any(|count| count > MOST)
        {
            return Some("a key has too many requests in flight");
        }
        let of_workers = || world.events_by_machine().take(self.workers.len());
        if !of_workers().all(|events| events.contains(&Event::Rests)) {
            return None;
        }
        if self.is_after_trap && !of_workers().flatten().any(|event| matches!(event, Event::Began(_))) {
            return Some("the requests of a worker that has trapped are counted");
        }
        // The workers that never trapped may count nothing.
        let own: BTreeSet<_> = of_workers()
            .flatten()
            .filter_map(|event| match event {
                Event::Began(request) => Some(request.worker),
                _ => None,
            })
            .collect();
        let leaks = world.shared().filter(|(key, _)| key.starts_with(b"rl")).any(|(key, set)| {
            let epoch = set.first_chunk().map_or(0, |epoch| u64::from_le_bytes(*epoch));
            let hold = Hold { table: key[3].into(), epoch, initial_tat: 0 };
            let rows = Rows::of_holder(Some(set), Location { hold, set: 0 });
            rows.is_some_and(|mut rows| rows.prune(|worker| own.contains(&worker)))
        });
        leaks.then_some("requests that have ended are counted")
    }

    fn jumps(&self) -> &[u64] {
        self.jumps
    }

    fn compares(&self) -> bool {
        self.without != Without::CompareAndSwap
    }
}
