//! When a worker takes a set for one that other software has written: never because others were late or its clock lags. A set that
//! was overwritten begins with empty buckets.

use proxy_filter::shared_data;

use super::START;
use super::plugin::Plugin;
use crate::buckets::Decision;
use crate::explore::expect_right;
use crate::explore::vms::{Scenario, Vm, World};
use crate::gcra::{Quota, SECOND};
use crate::seed::Seed;
use crate::slot::Slot;
use crate::table::key;

/// The time of one token, which is all that a bucket holds.
const INTERVAL: u64 = SECOND;

/// Requests of a late charge: more than a bucket may owe.
const LATE: u64 = 100;

const REQUESTS: usize = 2;

/// The programs: one overwrites the set, the other is a worker.
const OVERWRITE: usize = 0;
const WORK: usize = 1;

/// What a worker was told about a charge.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Allowed,
    Limited,
    /// It lost the table.
    Lost,
}

struct Suspects {
    is_late: bool,
    is_overwritten: bool,
    jumps: &'static [u64],
    lags: &'static [u64],
}

fn start(is_late: bool) -> Option<Plugin> {
    let quota = Quota::new(1, INTERVAL, 1, 1)?;
    let fill = if is_late { quota.fill_from_debt() } else { quota.depth() };
    Plugin::start_with(&Seed::shared_or(|| [1; 16]).ok()?, 1, quota, fill, 1)
}

impl Suspects {
    fn work(&self, vm: &Vm<Told>) -> Option<()> {
        let (slot, plugin) = (Slot::new(0, 1, 1), start(self.is_late)?);
        for request in vm.first()..REQUESTS {
            vm.begin(request);
            plugin.checkpoint(vm, request, &[]);
            vm.report(match plugin.request(slot)? {
                (_, Decision::Allowed(_)) => Told::Allowed,
                (_, Decision::NoTable) => Told::Lost,
                _ => Told::Limited,
            });
            if self.is_late {
                let charge = plugin.buckets().charge_late(slot, plugin.quota, LATE, plugin.arrive()?);
                vm.report(if charge.ok()?.is_some() { Told::Limited } else { Told::Lost });
            }
        }
        Some(())
    }

    fn overwrite(&self) -> Option<()> {
        let hold = start(self.is_late)?.buckets().table.hold()?;
        let way = [[1; 8], u64::MAX.to_le_bytes()].concat();
        shared_data::set(&key(hold, 0), &[hold.epoch.to_le_bytes().to_vec(), way.repeat(8)].concat()).ok()
    }
}

impl Scenario for Suspects {
    type Event = Told;

    fn run(&self, program: usize, vm: &Vm<Told>) -> Option<()> {
        match program {
            OVERWRITE => self.overwrite(),
            _ => self.work(vm),
        }
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let told = world.events();
        let (never, what) = match self.is_overwritten {
            false => (Told::Lost, "a worker takes its own set for that of other software"),
            true => (Told::Allowed, "a key gains a token because its set was overwritten"),
        };
        told.contains(&never).then_some(what)
    }

    fn jumps(&self) -> &[u64] {
        self.jumps
    }

    fn lags(&self) -> &[u64] {
        self.lags
    }
}

#[test]
fn no_stall_and_no_lag_makes_a_set_suspect() {
    for is_late in [false, true] {
        let stalls = Suspects { is_late, is_overwritten: false, jumps: &[2 * SECOND], lags: &[0] };
        let lags = Suspects { jumps: &[], lags: &[0, SECOND], ..stalls };
        for (what, scenario, jumps) in [("stalls", stalls, 2), ("lags", lags, 0)] {
            let world = World::new(&scenario, START).with(jumps, 0).running("one", WORK).running("two", WORK);
            expect_right(format_args!("suspect sets: {what}, late charges {is_late}"), &world);
        }
    }
}

#[test]
fn a_set_that_was_overwritten_begins_with_empty_buckets() {
    // Together shorter than the time of a token.
    let scenario =
        Suspects { is_late: false, is_overwritten: true, jumps: &[SECOND / 8, SECOND / 4], lags: &[0] };
    let world = World::new(&scenario, START).with(2, 0);
    let world = world.after(OVERWRITE).running("one", WORK).running("two", WORK);
    expect_right("suspect sets: overwritten", &world);
}
