//! A table that changes hands, because a rule was changed and changed back, while workers of the old rule stall and hold leases.

use explore::bound;
use explore::vms::{Scenario, Vm, World};
use explore::{expect_right, explore, is_long};
use proxy_filter::shared_data;

use super::START;
use super::plugin::Plugin;
use crate::buckets::Decision;
use crate::gcra::{Quota, SECOND};
use crate::registry::{Hold, KEY, fixture::crowded};
use crate::slot::Slot;
use crate::table::Location;

const INTERVAL: u64 = 10 * SECOND;
/// Tokens that a bucket of each rule holds.
const BURSTS: [u64; 2] = [3, 2];

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    /// A worker that was confirmed once may charge for ever.
    Confirmations,
    /// Each set belongs to whoever writes it.
    Epochs,
    /// A rule that lost its table early comes back with full buckets.
    EmptyBuckets,
}

/// The programs: a worker with the old rule, one with the new rule, and one that starts with the old rule again.
const OLD: usize = 0;
const NEW: usize = 1;
const BACK: usize = 2;

struct Reload {
    /// The requests of each program.
    requests: [usize; 3],
    /// The workers with the old rule.
    old: usize,
    /// The requests of a lease.
    lease: u64,
    jumps: &'static [u64],
    without: Without,
}

impl Reload {
    fn work(&self, program: usize, vm: &Vm<(usize, u64)>) -> Option<()> {
        let rule = usize::from(program == NEW);
        let slot = Slot::new(0, 1, 1);
        let plugin = Plugin::start(rule as u64, Quota::new(1, INTERVAL, BURSTS[rule], 1)?, self.lease)?;
        for request in vm.first()..self.requests[program] {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[slot]);
            if self.without == Without::Confirmations {
                plugin.tables.confirmed_at.set(Some(u64::MAX / 2));
            }
            let (at, buckets) = (plugin.arrive()?, plugin.buckets());
            if let Some(hold) = buckets.table.hold() {
                buckets.table.set_hold(Some(self.weaken(hold)?));
            }
            if let Decision::Allowed(_) = buckets.charge(slot, plugin.quota, at, None).ok()? {
                vm.report((rule, at));
            }
        }
        Some(())
    }

    fn weaken(&self, hold: Hold) -> Option<Hold> {
        Some(match self.without {
            Without::Epochs => {
                let set = shared_data::get(&Location { hold, set: 0 }.key()).ok()?;
                let epoch = set?.first_chunk().map_or(0, |epoch| u64::from_le_bytes(*epoch));
                Hold { epoch: epoch.max(hold.epoch), ..hold }
            }
            Without::EmptyBuckets => Hold { initial_tat: 0, ..hold },
            Without::Nothing | Without::Confirmations => hold,
        })
    }
}

impl Scenario for Reload {
    /// The rule that allowed a request, and when.
    type Event = (usize, u64);

    fn run(&self, program: usize, vm: &Vm<(usize, u64)>) -> Option<()> {
        self.work(program, vm)
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let events = world.events();
        let holds = |rule: usize| {
            let times = events.iter().filter(|(other, _)| *other == rule).map(|(_, at)| (*at, 1));
            bound::holds_for(times, INTERVAL, BURSTS[rule])
        };
        (!(0..BURSTS.len()).all(holds)).then_some("a rule allowed more than its bound")
    }

    /// While the new rule and the old one that comes back run at once, there are many more states.
    fn starts_after(&self, program: usize) -> Option<usize> {
        (program == BACK && !is_long()).then_some(NEW)
    }

    fn jumps(&self) -> &[u64] {
        self.jumps
    }
}

fn world(scenario: &Reload, jumps: u32, traps: u32) -> World<'_, Reload> {
    let start = World::new(scenario, START).with_shared(KEY.as_bytes(), crowded()).with(jumps, traps);
    let old =
        ["a worker with the old rule", "another worker with the old rule"].into_iter().take(scenario.old);
    let world =
        old.fold(start, |world, name| world.running(name, OLD)).starting("a worker with the new rule", NEW);
    match scenario.requests[BACK] {
        0 => world,
        _ => world.starting("a worker that goes back to the old rule", BACK),
    }
}

/// Long enough for a table to be abandoned, and for a bucket to fill in part.
const JUMPS: [u64; 2] = [5 * SECOND, 20 * SECOND];

#[test]
fn a_rule_that_is_changed_and_changed_back_allows_no_more() {
    let one_jump = &JUMPS[..1];
    // The requests of each program, the workers with the old rule, the jumps of the clock, and how many of them and of traps.
    let short: &[_] = &[
        ([2, 1, 1], 1, JUMPS.as_slice(), 2, 0),
        ([2, 1, 2], 1, one_jump, 1, 1),
        ([1, 1, 0], 2, one_jump, 1, 0),
    ];
    // In these, the old rule comes back while the new one runs.
    let long: &[_] = &[
        ([1, 1, 1], 1, JUMPS.as_slice(), 2, 0),
        ([2, 1, 1], 1, one_jump, 1, 1),
        ([1, 1, 0], 2, &JUMPS, 2, 0),
    ];
    for &(requests, old, jumps, count, traps) in if is_long() { long } else { short } {
        let scenario = Reload { requests, old, lease: 2, jumps, without: Without::Nothing };
        let name = format_args!(
            "reload: {requests:?} requests of {old} workers with the old rule, the new one and the old again, {count} jumps of \
             time, {traps} traps"
        );
        expect_right(name, &world(&scenario, count, traps));
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    // The new rule takes the table; by the second jump, the old rule has a right to full buckets.
    let jumps = &[5 * SECOND, 40 * SECOND];
    for (without, requests) in [
        (Without::Confirmations, [3, 0, 3]),
        (Without::Epochs, [4, 1, 0]),
        (Without::EmptyBuckets, [5, 0, 0]),
    ] {
        let scenario = Reload { requests, old: 1, lease: 1, jumps, without };
        let found = explore(format_args!("reload without {without:?}"), &world(&scenario, 2, 0));
        assert!(found.wrong.is_some(), "the bound holds without {without:?}");
    }
}
