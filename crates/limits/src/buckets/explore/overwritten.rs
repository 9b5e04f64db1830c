//! Other software overwrites a set, at any time. Its workers begin it anew, with empty buckets, and go on.

use explore::vms::{Scenario, Vm, World};
use explore::{expect_right, is_long};
use proxy_filter::shared_data;

use super::START;
use super::plugin::Plugin;
use crate::buckets::Decision;
use crate::gcra::{Quota, SECOND};
use crate::registry::Hold;
use crate::slot::Slot;
use crate::table::Location;

/// The time of one token, and how many a bucket holds.
const INTERVAL: u64 = SECOND;
const BURST: u64 = 2;

const REQUESTS: usize = 3;

/// The programs: one overwrites the set, one is a worker, and one loses the set and then holds another table.
const OVERWRITE: usize = 0;
const WORK: usize = 1;
const MOVE: usize = 2;

struct Overwritten;

/// What a worker was told about a request.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    NoTable,
    Allowed,
    Limited,
}

fn start() -> Option<Plugin> {
    Plugin::start(1, Quota::new(1, INTERVAL, BURST, 1)?, 1)
}

fn work(vm: &Vm<Told>) -> Option<()> {
    let (slot, plugin) = (Slot::new(0, 1, 1), start()?);
    for request in vm.first()..REQUESTS {
        vm.begin(request);
        plugin.checkpoint(vm, request, &[]);
        let (_, decision) = plugin.request(slot)?;
        vm.report(match decision {
            Decision::NoTable => Told::NoTable,
            Decision::Allowed(_) => Told::Allowed,
            _ => Told::Limited,
        });
    }
    Some(())
}

fn overwrite(hold: Hold) -> Option<()> {
    let way = [[1; 8], u64::MAX.to_le_bytes()].concat();
    let set = [hold.epoch.to_le_bytes().as_slice(), &[0; 8], &way.repeat(8)].concat();
    shared_data::set(&Location { hold, set: 0 }.key(), &set).ok()
}

fn move_on(vm: &Vm<Told>) -> Option<()> {
    let plugin = start()?;
    let (table, hold) = (&plugin.buckets().table, plugin.buckets().table.hold()?);
    overwrite(hold)?;
    plugin.request(Slot::new(0, 1, 1))?;
    assert!(vm.is_stopped() || table.has_suspect(), "the worker has lost nothing");
    let other = Hold { epoch: hold.epoch + 1, ..hold };
    let is_restarted = table.restart_suspect(other, START).ok()?;
    vm.report(if is_restarted { Told::Limited } else { Told::NoTable });
    Some(())
}

impl Scenario for Overwritten {
    type Event = Told;

    fn run(&self, program: usize, vm: &Vm<Told>) -> Option<()> {
        match program {
            OVERWRITE => overwrite(start()?.buckets().table.hold()?),
            MOVE => move_on(vm),
            _ => work(vm),
        }
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let events = world.events();
        let allowed = events.iter().filter(|told| **told == Told::Allowed).count() as u64;
        if allowed > BURST + (world.now - START) / INTERVAL {
            return Some("a key gains a token because its set was overwritten");
        }
        // A worker may lose the table once: when it finds the overwritten set.
        let losses = |events: &[Told]| events.iter().filter(|told| **told == Told::NoTable).count();
        world
            .events_by_machine()
            .any(|events| losses(events) > 1)
            .then_some("a worker loses a set that was begun anew")
    }

    fn jumps(&self) -> &[u64] {
        &[BURST * INTERVAL]
    }
}

#[test]
fn a_set_that_was_overwritten_begins_with_empty_buckets() {
    for jumps in 0..=if is_long() { 2 } else { 1 } {
        let world = World::new(&Overwritten, START).with(jumps, 0).running("one", WORK).running("two", WORK);
        let world = world.starting("the other module", OVERWRITE);
        expect_right(format_args!("overwritten buckets: {jumps} jumps of time"), &world);
    }
}

#[test]
fn a_worker_that_holds_another_table_restarts_nothing() {
    let world = World::new(&Overwritten, START).after(MOVE);
    assert_eq!(world.events(), [Told::NoTable]);
}
