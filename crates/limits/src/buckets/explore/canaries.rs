//! Two listeners that are configured at the same time, each first in Envoy's canary. The canaries share one thread, so one
//! follows the other, while the workers of the first listener start and serve.

use explore::bound;
use explore::vms::{Scenario, Vm, World};
use explore::{expect_right, explore, is_long};

use super::START;
use super::plugin::Plugin;
use crate::buckets::Decision;
use crate::gcra::{Quota, SECOND};
use crate::seed::Seed;
use crate::slot::Slot;

const INTERVAL: u64 = 10 * SECOND;
const BURST: u64 = 2;

/// The programs: the canary and the workers of two listeners.
const FIRST_CANARY: usize = 0;
const FIRST_WORKER: usize = 1;
const SECOND_CANARY: usize = 2;
const SECOND_WORKER: usize = 3;

struct Listeners {
    requests: usize,
    /// Whether both listeners have the same rule.
    is_shared: bool,
    has_canaries: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Event {
    /// A machine hashes keys with this seed.
    Hashes(Seed),
    /// The rule of this identity allowed a request at this time.
    Allowed(u64, u64),
}

impl Listeners {
    fn work(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        let is_first = matches!(program, FIRST_CANARY | FIRST_WORKER);
        let identity = if is_first || self.is_shared { 1 } else { 2 };
        // Each machine would create another seed.
        let seed = Seed::shared_or(|| [program as u8; 16]).ok()?;
        vm.report(Event::Hashes(seed));
        let quota = Quota::new(1, INTERVAL, BURST, 1)?;
        let plugin = Plugin::start_with(&seed, identity, quota, quota.depth(), 1)?;
        if matches!(program, FIRST_CANARY | SECOND_CANARY) {
            return Some(());
        }
        for request in vm.first()..self.requests {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[]);
            if let (at, Decision::Allowed(_)) = plugin.request(Slot::new(0, 1, 1))? {
                vm.report(Event::Allowed(identity, at));
            }
        }
        Some(())
    }
}

impl Scenario for Listeners {
    type Event = Event;

    fn run(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        self.work(program, vm)
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let (mut seeds, mut allowed) = (Vec::new(), [const { Vec::new() }; 2]);
        for event in world.events() {
            match event {
                Event::Hashes(seed) => seeds.push(seed),
                Event::Allowed(rule, at) => allowed[rule as usize - 1].push(at),
            }
        }
        seeds.dedup();
        if seeds.len() > 1 {
            return Some("machines hash the same key differently");
        }
        let holds = |times: &Vec<_>| bound::holds(times, INTERVAL, BURST, 1);
        (!allowed.iter().all(holds)).then_some("a rule allowed more than its bound")
    }

    fn starts_after(&self, program: usize) -> Option<usize> {
        match program {
            FIRST_WORKER | SECOND_CANARY => Some(FIRST_CANARY),
            SECOND_WORKER => Some(SECOND_CANARY),
            _ => None,
        }
        .filter(|_| self.has_canaries)
    }

    fn jumps(&self) -> &[u64] {
        &[SECOND, 5 * SECOND]
    }
}

fn world(scenario: &Listeners, jumps: u32) -> World<'_, Listeners> {
    let machines: &[_] = match scenario.has_canaries {
        true => &[
            ("the first canary", FIRST_CANARY),
            ("a worker of the first listener", FIRST_WORKER),
            ("another worker of it", FIRST_WORKER),
            ("the second canary", SECOND_CANARY),
            ("a worker of the second listener", SECOND_WORKER),
        ],
        false => &[("one", FIRST_WORKER), ("two", SECOND_WORKER)],
    };
    let start = World::new(scenario, START).with(jumps, 0);
    machines.iter().fold(start, |world, &(name, program)| world.starting(name, program))
}

#[test]
fn canaries_create_what_their_workers_share() {
    for is_shared in [true, false] {
        let (requests, jumps) = if is_long() { (2, 2) } else { (2, 0) };
        let scenario = Listeners { requests, is_shared, has_canaries: true };
        let name =
            format_args!("canaries: the same rule: {is_shared}, {requests} requests each, {jumps} jumps");
        expect_right(name, &world(&scenario, jumps));
    }
}

/// Shared data has no "create if absent".
#[test]
fn canaries_are_needed() {
    let scenario = Listeners { requests: 2, is_shared: true, has_canaries: false };
    let found = explore("without canaries", &world(&scenario, 0));
    assert!(found.wrong.is_some(), "two workers can be the first");
}
