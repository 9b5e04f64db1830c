//! Workers that take leases of the same bucket, and trap.

use explore::bound;
use explore::vms::{Scenario, Vm, World};
use explore::{expect_right, explore, is_long};

use super::START;
use super::plugin::Plugin;
use crate::buckets::Decision;
use crate::gcra::{Quota, SECOND};
use crate::slot::Slot;

const INTERVAL: u64 = SECOND / 1000;
const BURST: u64 = 5;
const LEASE: u64 = 3;

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    /// The tokens of a lease stay when they have come back to the bucket.
    Expiry,
    /// A worker overwrites what others have written since it read.
    CompareAndSwap,
}

struct LeasedBucket {
    requests: usize,
    workers: usize,
    traps: u32,
    without: Without,
}

/// When a request was allowed or limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Event {
    Allowed(u64),
    Limited(u64),
}

impl LeasedBucket {
    fn work(&self, vm: &Vm<Event>) -> Option<()> {
        let slot = Slot::new(0, 1, 1);
        let plugin = Plugin::start(1, Quota::new(1, INTERVAL, BURST, 1)?, LEASE)?;
        for request in vm.first()..self.requests {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[slot]);
            if let (Without::Expiry, Some((_, leases))) = (self.without, &plugin.buckets().lease)
                && leases.spend(slot, plugin.quota, 0).is_some()
            {
                vm.report(Event::Allowed(plugin.arrive()?));
                continue;
            }
            let (now, decision) = plugin.request(slot)?;
            vm.report(match decision {
                Decision::Allowed(_) => Event::Allowed(now),
                _ => Event::Limited(now),
            });
        }
        Some(())
    }
}

impl Scenario for LeasedBucket {
    type Event = Event;

    fn run(&self, _program: usize, vm: &Vm<Event>) -> Option<()> {
        self.work(vm)
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let (mut allowed, mut limited) = (Vec::new(), Vec::new());
        for event in world.events() {
            match event {
                Event::Allowed(at) => allowed.push(at),
                Event::Limited(at) => limited.push(at),
            }
        }
        if !bound::holds(&allowed, INTERVAL, BURST, 1) {
            return Some("more was allowed than the bound");
        }
        // What idle and trapped workers hold comes back: once nobody has taken anything for an interval, there is a token.
        let has_reason = |limited: &u64| allowed.iter().any(|at| *limited < at + INTERVAL);
        if !limited.iter().all(has_reason) {
            return Some("a request was limited although the bucket has a token");
        }
        // Each other worker holds less than a lease, and so did those that have trapped.
        let others = self.workers as u64 - 1 + u64::from(self.traps - world.traps);
        let least = BURST.saturating_sub(others * (LEASE - 1));
        let is_early = world.now == START && !limited.is_empty() && (allowed.len() as u64) < least;
        is_early.then_some("a request was limited although the others hold only their leases")
    }

    fn jumps(&self) -> &[u64] {
        &[INTERVAL / 2, INTERVAL, 3 * INTERVAL]
    }

    fn compares(&self) -> bool {
        self.without != Without::CompareAndSwap
    }
}

fn world(scenario: &LeasedBucket, jumps: u32) -> World<'_, LeasedBucket> {
    let names = ["one", "two", "three"].into_iter().take(scenario.workers);
    let start = World::new(scenario, START).with(jumps, scenario.traps);
    names.fold(start, |world, name| world.running(name, 0))
}

#[test]
fn leases_allow_no_more_and_come_back() {
    let long = [(2, 4, 3, 0), (2, 4, 2, 1), (3, 2, 2, 1)];
    let short = [(2, 4, 2, 0), (2, 3, 2, 1), (3, 2, 2, 0)];
    for (workers, requests, jumps, traps) in if is_long() { long } else { short } {
        let scenario = LeasedBucket { requests, workers, traps, without: Without::Nothing };
        let name = format_args!(
            "leases: {workers} workers, {requests} requests each, {jumps} jumps of time, {traps} traps"
        );
        expect_right(name, &world(&scenario, jumps));
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    for without in [Without::Expiry, Without::CompareAndSwap] {
        let scenario = LeasedBucket { requests: 4, workers: 2, traps: 0, without };
        let found = explore(format_args!("leases without {without:?}"), &world(&scenario, 2));
        assert!(found.wrong.is_some(), "the bound holds without {without:?}");
    }
}
