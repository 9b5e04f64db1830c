//! Clocks that lag, or step back: all workers of a process share one monotonic clock, so this is what the bound would be worth
//! on a host whose clocks differ.

use explore::bound;
use explore::vms::{Scenario, Vm, World};
use explore::{expect_right, explore, is_long};

use super::START;
use super::plugin::Plugin;
use crate::buckets::Decision;
use crate::gcra::{Quota, SECOND};
use crate::slot::Slot;

const INTERVAL: u64 = SECOND / 1000;
const BURST: u64 = 2;
/// By how much a read of the clock may lag: the time of two tokens.
const LAG: u64 = 2 * INTERVAL;

struct Clocks {
    requests: usize,
    lease: u64,
    lags: [u64; 2],
    /// The lag that the bound allows for.
    expected: u64,
}

impl Clocks {
    fn work(&self, vm: &Vm<u64>) -> Option<()> {
        let slot = Slot::new(0, 1, 1);
        let plugin = Plugin::start(1, Quota::new(1, INTERVAL, BURST, 1)?, self.lease)?;
        for request in vm.first()..self.requests {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[slot]);
            if let (at, Decision::Allowed(_)) = plugin.request(slot)? {
                vm.report(at);
            }
        }
        Some(())
    }
}

impl Scenario for Clocks {
    /// When a request was allowed, by the clock that the worker saw.
    type Event = u64;

    fn run(&self, _program: usize, vm: &Vm<u64>) -> Option<()> {
        self.work(vm)
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let times = world.events();
        // By the true clock, each request came up to the lag later. In the worst case, that is what the first ones did.
        let late = self.lags[1];
        let shifted = |from: usize| {
            let shift = |(position, at): (usize, &u64)| if position < from { at + late } else { *at };
            let mut shifted: Vec<_> = times.iter().enumerate().map(shift).collect();
            shifted.sort_unstable();
            shifted
        };
        let burst = BURST + self.expected.div_ceil(INTERVAL);
        let is_held = (0..=times.len()).all(|from| bound::holds(&shifted(from), INTERVAL, burst, 1));
        (!is_held).then_some("more was allowed than the bound and what comes back in the lag")
    }

    fn jumps(&self) -> &[u64] {
        &[INTERVAL / 2, 2 * INTERVAL]
    }

    fn lags(&self) -> &[u64] {
        &self.lags
    }
}

fn world(scenario: &Clocks, jumps: u32) -> World<'_, Clocks> {
    World::new(scenario, START).with(jumps, 0).running("one", 0).running("two", 0)
}

#[test]
fn a_clock_that_lags_costs_no_more_than_its_lag() {
    // A lease that has lost its tokens can still spend them in the lag, while the bucket spends them, too.
    for (lease, expected) in [(1, LAG), (2, 2 * LAG)] {
        let (requests, jumps) = if is_long() { (4, 2) } else { (3, 1) };
        let scenario = Clocks { requests, lease, lags: [0, LAG], expected };
        let name =
            format_args!("clocks that lag: lease {lease}, {requests} requests each, {jumps} jumps of time");
        expect_right(name, &world(&scenario, jumps));
    }
}

#[test]
fn a_lag_costs_something() {
    let scenario = Clocks { requests: 3, lease: 1, lags: [0, LAG], expected: 0 };
    let found = explore("clocks that lag, but should not", &world(&scenario, 1));
    assert!(found.wrong.is_some(), "the bound holds although clocks lag");
}
