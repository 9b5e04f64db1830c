//! More keys than a set has buckets, and requests whose tokens are returned because another rule limits them.

use explore::bound;
use explore::vms::{Scenario, Vm, World};
use explore::{expect_right, explore, is_long};
use proxy_filter::clock;

use super::START;
use super::plugin::Plugin;
use crate::buckets::{Decision, Tokens};
use crate::gcra::{Conformance, Quota, SECOND};
use crate::seed::Seed;
use crate::slot::Slot;
use crate::table::WAYS;

const INTERVAL: u64 = SECOND / 1000;
const BURST: u64 = 2;
/// A key that has spent its tokens, and two without a bucket. The set has room for two of them.
const KEYS: [u64; 3] = [1, 2, 3];
/// When the workers begin: by then, the first key has more than one token again.
const LATER: u64 = START + INTERVAL + INTERVAL / 4;

/// The time in which the buckets of other keys fill.
const LONG: u64 = SECOND;

/// The programs: one fills the set, the other is a worker.
const FILL: usize = 0;
const WORK: usize = 1;

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Without {
    Nothing,
    /// A new key begins with a full bucket.
    Inheritance,
    /// A refund may make a bucket fuller than all others of the set.
    Floor,
    /// The clock is read before the set to which tokens are returned.
    ClockAfterSet,
    /// A worker overwrites what others have written since it read.
    CompareAndSwap,
}

struct Evictions {
    keys: &'static [u64],
    requests: usize,
    without: Without,
}

fn slot(key: u64) -> Slot {
    Slot::new(0, key, 1)
}

impl Evictions {
    /// Charges a request as [`Buckets::charge`](crate::Buckets::charge) does, or without the part to leave out.
    fn charge(&self, plugin: &Plugin, key: u64) -> Option<(u64, Option<u64>)> {
        if self.without != Without::Inheritance {
            let (now, decision) = plugin.request(slot(key))?;
            return Some((now, matches!(decision, Decision::Allowed(_)).then_some(now)));
        }
        let now = plugin.arrive()?;
        let charged = plugin.buckets().table.update(slot(key), None, |set| {
            let tat = if set.contains(key) { set.tat(key) } else { 0 };
            match plugin.quota.charge(tat, now) {
                Conformance::Conforming { tat } => {
                    set.put(key, tat);
                    Some((true, Some(now)))
                }
                Conformance::Nonconforming { .. } => Some((false, None)),
            }
        });
        Some((now, charged.ok()?))
    }

    fn refund(&self, plugin: &Plugin, key: u64, then: u64) -> Option<()> {
        let (buckets, quota) = (plugin.buckets(), plugin.quota);
        let clock = || Some(clock::monotonic_nanoseconds().ok()?.saturating_sub(then));
        let early = match self.without {
            Without::Floor => None,
            Without::ClockAfterSet => Some(clock()?),
            _ => return buckets.refund(slot(key), quota, Tokens::Bucket { tat: 0 }, then).ok(),
        };
        let refunded = buckets.table.update(slot(key), None, |set| {
            let Some(ago) = early.or_else(clock).filter(|_| set.contains(key)) else {
                return Some((false, ()));
            };
            let tat = match self.without {
                Without::Floor => quota.refund(set.tat(key), ago),
                _ => set.refunded(key, quota, ago),
            };
            set.put(key, tat);
            Some((true, ()))
        });
        refunded.ok()
    }

    fn work(&self, vm: &Vm<(u64, u64)>) -> Option<()> {
        let seed = Seed::shared_or(|| [1; 16]).ok()?;
        let plugin = Plugin::start_with(&seed, 1, Quota::new(1, INTERVAL, BURST, 1)?, LONG, 1)?;
        for request in vm.first()..self.requests {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[]);
            let key = self.keys[vm.choose(self.keys.len())];
            let (now, allowed) = self.charge(&plugin, key)?;
            if let Some(at) = allowed {
                // One refund of each worker is enough, and saves many states.
                match request == 0 && vm.choose(2) == 1 {
                    true => self.refund(&plugin, key, now)?,
                    false => vm.report((key, at)),
                }
            }
        }
        Some(())
    }

    /// Spends the tokens of the first key, and those of keys whose buckets stay empty for long.
    fn fill(vm: &Vm<(u64, u64)>) -> Option<()> {
        let seed = Seed::shared_or(|| [1; 16]).ok()?;
        let plugin = Plugin::start_with(&seed, 1, Quota::new(1, INTERVAL, BURST, 1)?, LONG, 1)?;
        for _ in 0..BURST {
            let (at, _) = plugin.request(slot(KEYS[0]))?;
            vm.report((KEYS[0], at));
        }
        let filled = plugin.buckets().table.update(slot(1), None, |set| {
            (100..).take(WAYS - 2).for_each(|key| set.put(key, START + LONG));
            Some((true, ()))
        });
        filled.ok()
    }
}

impl Scenario for Evictions {
    /// The key and time of a request that was allowed and keeps its tokens.
    type Event = (u64, u64);

    fn run(&self, program: usize, vm: &Vm<(u64, u64)>) -> Option<()> {
        match program {
            FILL => Self::fill(vm),
            _ => self.work(vm),
        }
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let events = world.events();
        let holds = |key| {
            let times = events.iter().filter(|(other, _)| *other == key).map(|(_, at)| (*at, 1));
            bound::holds_for(times, INTERVAL, BURST)
        };
        (!KEYS.into_iter().all(holds)).then_some("a key was allowed more than its bound")
    }

    fn jumps(&self) -> &[u64] {
        &[INTERVAL / 4, INTERVAL]
    }

    fn compares(&self) -> bool {
        self.without != Without::CompareAndSwap
    }
}

fn world(scenario: &Evictions, jumps: u32) -> World<'_, Evictions> {
    let mut world = World::new(scenario, START).after(FILL);
    world.now = LATER;
    world.with(jumps, 0).running("one", WORK).running("two", WORK)
}

#[test]
fn eviction_and_refunds_buy_no_key_extra_requests() {
    let (short, long) = ([(2, 0), (2, 1)], [(3, 0), (2, 2)]);
    for (requests, jumps) in if is_long() { long } else { short } {
        let scenario = Evictions { keys: &KEYS, requests, without: Without::Nothing };
        let name = format_args!("evictions: 2 workers, {requests} requests each, {jumps} jumps of time");
        expect_right(name, &world(&scenario, jumps));
    }
}

#[test]
fn every_part_of_the_protocol_is_needed() {
    for (without, keys, jumps) in [
        (Without::Inheritance, KEYS.as_slice(), 0),
        (Without::Floor, &KEYS, 0),
        (Without::ClockAfterSet, &KEYS[1..2], 1),
        (Without::CompareAndSwap, &KEYS[1..2], 0),
    ] {
        let scenario = Evictions { keys, requests: 2, without };
        let found = explore(format_args!("evictions without {without:?}"), &world(&scenario, jumps));
        assert!(found.wrong.is_some(), "the bound holds without {without:?}");
    }
}
