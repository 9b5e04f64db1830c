//! A plugin with one rule, as a filter starts and uses it, and programs beside workers.

use std::rc::Rc;

use explore::vms::Vm;
use proxy_filter::clock;

use crate::Buckets;
use crate::gcra::{Quota, SECOND};
use crate::in_flight::workers::GONE_AFTER;
use crate::in_flight::{Guard, InFlight, Worker};
use crate::registry::Claim;
use crate::seed::Seed;
use crate::slot::Slot;
use crate::tables::Tables;

/// Requests of a key that may be in flight.
pub(super) const MOST: u64 = 1;

/// A plugin with one rule.
#[derive(Debug)]
pub(super) struct Plugin {
    pub(super) rules: [InFlight; 1],
    pub(super) tables: Tables,
    pub(super) worker: Rc<Worker>,
}

fn seed() -> Option<Seed> {
    Seed::shared_or(|| [1; 16]).ok()
}

impl Plugin {
    pub(super) fn start(rule: u64) -> Option<Self> {
        let (claim, worker) = (Claim { identity: rule, sets: 1, fill: GONE_AFTER }, Rc::default());
        let rules = [InFlight::new(claim, &seed()?, &worker, None)];
        let tables = Tables::open(&rules).ok()?;
        worker.open(&tables).ok()?;
        Some(Self { rules, tables, worker })
    }

    pub(super) fn acquire(&self, key: u64) -> Option<Option<Guard>> {
        let now = self.tables.ensure_confirmed(&self.rules, clock::monotonic_nanoseconds().ok()?);
        self.worker.renew(&self.tables);
        Some(self.rules[0].acquire(Slot::new(0, key, 1), MOST, now).ok()?.1)
    }
}

/// Leaves a request of each of these keys in flight, as a worker that traps does.
pub(super) fn leave<E>(keys: &[u64], vm: &Vm<E>) -> Option<()> {
    let plugin = Plugin::start(1)?;
    keys.iter().try_for_each(|key| {
        let guard = plugin.acquire(*key)?;
        assert!(vm.is_stopped() || guard.is_some(), "the request is not admitted");
        std::mem::forget(guard);
        Some(())
    })
}

/// Uses buckets of a rule that is then gone.
pub(super) fn abandon() -> Option<()> {
    let claim = Claim { identity: 100, sets: 1, fill: 0 };
    let rules = [Buckets::new(claim, &seed()?, 1, None)];
    let now = Tables::open(&rules).ok()?.ensure_confirmed(&rules, clock::monotonic_nanoseconds().ok()?);
    let quota = Quota::new(1, SECOND, 1, 1)?;
    for key in 1..=8 {
        rules[0].charge(Slot::new(0, key, 1), quota, now, None).ok()?;
    }
    Some(())
}
