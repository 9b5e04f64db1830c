//! Tries every interleaving of a few workers that share the tables, with the code that filters run. No key may have more requests in
//! flight than its rule allows, and when all have ended, none may be counted.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proxy_filter::{clock, shared_data};

use super::rows::Rows;
use super::workers::{GONE_AFTER, KEY, Workers};
use super::{Guard, InFlight, Worker};
use crate::explore::vms::{Scenario, Vm, World, printed};
use crate::explore::{expect_right, is_long};
use crate::gcra::{Quota, SECOND};
use crate::registry::{Claim, Hold};
use crate::seed::Seed;
use crate::slot::Slot;
use crate::tables::Tables;
use crate::{Buckets, table};

/// When explorations begin.
const START: u64 = 1000 * SECOND;

/// Requests of a key that may be in flight.
const MOST: u64 = 1;

/// Three keys that share an entry if the set has no room.
const A: u64 = 8;
const B: u64 = 16;
const C: u64 = 24;

/// The programs beside the workers': one leaves room for one key in the first rule's set, one traps with a request in flight, one
/// abandons a table of buckets, and one is other software that overwrites the first table's set.
const FILL: usize = 100;
const TRAP: usize = 101;
const ABANDON: usize = 102;
const OVERWRITE: usize = 103;

/// The rule of each worker, and the keys of its requests.
type Workload = &'static [(u64, &'static [u64])];

struct Requests {
    /// The program of a worker is its index.
    workers: Workload,
    jumps: &'static [u64],
    is_overwritten: bool,
    /// Whether a worker that is gone had the rule's requests in flight.
    is_after_trap: bool,
}

impl Requests {
    fn of(workers: Workload) -> Self {
        Self { workers, jumps: &[], is_overwritten: false, is_after_trap: false }
    }
}

/// What a worker reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Event {
    Began(Request),
    Ended(Request),
    /// All its requests have ended.
    Rests,
}

/// A request in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Request {
    rule: u64,
    key: u64,
    worker: u64,
    generation: u64,
}

/// A plugin with one rule.
#[derive(Debug)]
struct Plugin {
    rules: [InFlight; 1],
    tables: Tables,
    worker: Rc<Worker>,
}

fn seed() -> Option<Seed> {
    Seed::shared_or(|| [1; 16]).ok()
}

impl Plugin {
    fn start(rule: u64) -> Option<Self> {
        let (claim, worker) = (Claim { identity: rule, sets: 1, fill: GONE_AFTER }, Rc::default());
        let rules = [InFlight::new(claim, &seed()?, &worker, None)];
        let tables = Tables::open(&rules).ok()?;
        worker.open(&tables).ok()?;
        Some(Self { rules, tables, worker })
    }

    fn acquire(&self, key: u64) -> Option<Option<Guard>> {
        let now = self.tables.ensure_confirmed(&self.rules, clock::monotonic_nanoseconds().ok()?);
        self.worker.renew(&self.tables);
        Some(self.rules[0].acquire(Slot::new(0, key, 1), MOST, now).ok()?.1)
    }
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
                let (guard, request) = open.remove(choice);
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
        vm.choose(1);
        Some(())
    }
}

/// Has one request of each of these keys in flight, for ever.
fn leave(keys: &[u64]) -> Option<()> {
    let plugin = Plugin::start(1)?;
    keys.iter().try_for_each(|key| {
        std::mem::forget(plugin.acquire(*key)?);
        Some(())
    })
}

/// Uses buckets of a rule that is then gone.
fn abandon() -> Option<()> {
    let claim = Claim { identity: 100, sets: 1, fill: 0 };
    let rules = [Buckets::new(claim, &seed()?, 1, None)];
    let now = Tables::open(&rules).ok()?.ensure_confirmed(&rules, clock::monotonic_nanoseconds().ok()?);
    let quota = Quota::new(1, SECOND, 1, 1)?;
    for key in 1..=8 {
        rules[0].charge(Slot::new(0, key, 1), quota, now, None).ok()?;
    }
    Some(())
}

/// Returns the requests that a worker has in flight.
fn in_flight(events: &[Event]) -> Vec<Request> {
    let mut open = Vec::new();
    for event in events {
        match event {
            Event::Began(request) => open.push(*request),
            Event::Ended(request) => {
                let ended = open.iter().position(|it| it == request);
                ended.map(|index| open.swap_remove(index));
            }
            Event::Rests => {}
        }
    }
    open
}

impl Scenario for Requests {
    type Event = Event;

    fn run(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        let set = table::key(Hold { table: 0, epoch: 0, initial_tat: 0 }, 0);
        match program {
            FILL => leave(&[1, 2, 3, 4, 5, 6, 7]),
            TRAP => leave(&[A]),
            ABANDON => abandon(),
            OVERWRITE => shared_data::set(&set, b"another module's").ok(),
            _ => self.work(program, vm),
        }
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let value = |key: &[u8]| world.shared().find(|(other, _)| *other == key).map(|(_, value)| value);
        let workers = Workers::read(value(KEY.as_bytes()))?;
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
        let leaks = world.shared().filter(|(key, _)| key.starts_with(b"rl")).any(|(_, set)| {
            let epoch = set.first_chunk().map_or(0, |epoch| u64::from_le_bytes(*epoch));
            let rows = Rows::of_holder(Some(set), Hold { table: 0, epoch, initial_tat: 0 });
            rows.is_some_and(|mut rows| rows.prune(|worker| own.contains(&worker)))
        });
        leaks.then_some("requests that have ended are counted")
    }

    fn jumps(&self) -> &[u64] {
        self.jumps
    }
}

const NAMES: [&str; 3] = ["one", "two", "three"];

fn expect_limits(name: &str, scenario: &Requests, start: World<'_, Requests>, jumps: u32, traps: u32) {
    let name =
        format_args!("in flight: {name}, {:?}, {jumps} jumps of time, {traps} traps", scenario.workers);
    let start = start.with(jumps, traps);
    // Workers of another rule start at any time.
    let machines = NAMES.into_iter().zip(scenario.workers).enumerate();
    let world = machines.fold(start, |world, (program, (name, (rule, _)))| match rule {
        1 => world.running(name, program),
        _ => world.starting(name, program),
    });
    let world = if scenario.is_overwritten { world.starting("the other module", OVERWRITE) } else { world };
    expect_right(name, &world);
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
        [(&[(1, &[A, A]), (1, &[A])], 1, 1), (&[(1, &[A]), (1, &[A]), (1, &[A])], 1, 0)];
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

#[test]
fn a_table_that_changes_hands() {
    let short: [(Workload, _); 1] = [(&[(1, &[A, A]), (2, &[A])], 1)];
    let long: [(Workload, _); 1] = [(&[(1, &[A, A]), (2, &[A])], 2)];
    for (workers, jumps) in if is_long() { long } else { short } {
        let scenario = Requests { jumps: JUMPS, ..Requests::of(workers) };
        let mut start = World::new(&scenario, START).after(ABANDON);
        start.now += 10 * SECOND;
        expect_limits("changes of hands", &scenario, start, jumps, 0);
    }
}

#[test]
fn a_set_that_other_software_overwrites() {
    let cases: [Workload; 2] = [&[(1, &[A, A, A, A])], &[(1, &[A, A, A]), (1, &[A, A])]];
    for workers in cases {
        let scenario = Requests { is_overwritten: true, ..Requests::of(workers) };
        expect_limits("an overwritten set", &scenario, World::new(&scenario, START), 0, 0);
    }
}
