//! A table that changes hands, because a rule was changed and changed back, while workers of the old rule stall and hold leases.

use super::START;
use super::plugin::Plugin;
use crate::bound;
use crate::buckets::Decision;
use crate::explore::vms::{Scenario, Vm, World};
use crate::explore::{expect_right, explore, is_long};
use crate::gcra::{Quota, SECOND};
use crate::registry::{KEY, explore::crowded};
use crate::slot::Slot;

const INTERVAL: u64 = 10 * SECOND;
/// Tokens that a bucket of each rule holds, and requests of a lease.
const BURSTS: [u64; 2] = [3, 2];
const LEASE: u64 = 2;

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    /// A worker that was confirmed once may charge for ever.
    Confirmations,
}

/// The programs: a worker with the old rule, one with the new rule, and one that starts with the old rule again.
const OLD: usize = 0;
const NEW: usize = 1;
const BACK: usize = 2;

struct Reload {
    /// The requests of each program.
    requests: [usize; 3],
    jumps: &'static [u64],
    without: Without,
}

impl Reload {
    fn work(&self, program: usize, vm: &Vm<(usize, u64)>) -> Option<()> {
        let rule = usize::from(program == NEW);
        let slot = Slot::new(0, 1, 1);
        let plugin = Plugin::start(rule as u64, Quota::new(1, INTERVAL, BURSTS[rule], 1)?, LEASE)?;
        for request in vm.first()..self.requests[program] {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[slot]);
            if self.without == Without::Confirmations {
                plugin.tables.confirmed_at.set(Some(u64::MAX / 2));
            }
            if let (at, Decision::Allowed(_)) = plugin.request(slot)? {
                vm.report((rule, at));
            }
        }
        Some(())
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
    World::new(scenario, START)
        .with_shared(KEY.as_bytes(), crowded())
        .with(jumps, traps)
        .running("a worker with the old rule", OLD)
        .starting("a worker with the new rule", NEW)
        .starting("a worker that goes back to the old rule", BACK)
}

/// Long enough for a table to be abandoned, and for a bucket to fill in part.
const LONG: [u64; 2] = [5 * SECOND, 20 * SECOND];

#[test]
fn a_rule_that_is_changed_and_changed_back_allows_no_more() {
    let short: &[_] = &[([2, 1, 1], LONG.as_slice(), 2, 0), ([2, 1, 2], &LONG[..1], 1, 1)];
    let long: &[_] = &[([2, 1, 1], LONG.as_slice(), 2, 0), ([2, 1, 1], &LONG[..1], 1, 1)];
    for &(requests, jumps, count, traps) in if is_long() { long } else { short } {
        let scenario = Reload { requests, jumps, without: Without::Nothing };
        let name = format_args!(
            "reload: {requests:?} requests of the old rule, the new one and the old again, {count} jumps of time, {traps} traps"
        );
        expect_right(name, &world(&scenario, count, traps));
    }
}

#[test]
fn confirmations_are_needed() {
    // The new rule takes the table, but charges nothing; by the second jump, the old rule has a right to full buckets.
    let jumps = &[5 * SECOND, 40 * SECOND];
    let scenario = Reload { requests: [3, 0, 3], jumps, without: Without::Confirmations };
    let found = explore("reload without confirmations", &world(&scenario, 2, 0));
    assert!(found.wrong.is_some(), "the bound holds without confirmations");
}
