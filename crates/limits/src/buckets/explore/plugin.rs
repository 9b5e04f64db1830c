//! A plugin with one rule, as a filter starts and uses it.

use explore::vms::{Vm, summary};
use proxy_filter::clock;

use crate::Tables;
use crate::buckets::{Buckets, Decision};
use crate::gcra::Quota;
use crate::registry::Claim;
use crate::seed::Seed;
use crate::slot::Slot;

pub(super) struct Plugin {
    pub(super) rules: [Buckets; 1],
    pub(super) tables: Tables,
    pub(super) quota: Quota,
}

impl Plugin {
    /// Starts a plugin. `None` if it waits for the host.
    pub(super) fn start(identity: u64, quota: Quota, lease: u64) -> Option<Self> {
        Self::start_with(&Seed::shared_or(|| [1; 16]).ok()?, identity, quota, quota.depth(), lease)
    }

    /// Starts a plugin whose buckets fill within `fill` nanoseconds.
    pub(super) fn start_with(
        seed: &Seed,
        identity: u64,
        quota: Quota,
        fill: u64,
        lease: u64,
    ) -> Option<Self> {
        let claim = Claim { identity, sets: 1, fill };
        let rules = [Buckets::new(claim, seed, lease, None)];
        let tables = Tables::open(&rules).ok()?;
        Some(Self { rules, tables, quota })
    }

    pub(super) fn buckets(&self) -> &Buckets {
        &self.rules[0]
    }

    /// Returns the time of a request's charge, once the table is confirmed.
    pub(super) fn arrive(&self) -> Option<u64> {
        Some(self.tables.ensure_confirmed(&self.rules, clock::monotonic_nanoseconds().ok()?))
    }

    /// Charges a request, and returns its time and whether it is allowed.
    pub(super) fn request(&self, slot: Slot) -> Option<(u64, Decision)> {
        let now = self.arrive()?;
        Some((now, self.buckets().charge(slot, self.quota, now, None).ok()?))
    }

    /// Says that only what the plugin knows before an operation matters, unless it keeps a set that it has read.
    pub(super) fn checkpoint<E>(&self, vm: &Vm<E>, operation: usize, slots: &[Slot]) {
        let buckets = self.buckets();
        if buckets.table.has_suspect() {
            return;
        }
        let hold = buckets.table.hold().map(|hold| (hold.table, hold.epoch, hold.initial_tat));
        let leases =
            buckets.lease.iter().flat_map(|(_, leases)| slots.iter().map(|slot| leases.slice(*slot)));
        vm.checkpoint(summary((operation, self.tables.confirmed_at(), hold, leases.collect::<Vec<_>>())));
    }
}
