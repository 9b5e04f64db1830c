//! A worker whose host fails for a while.

use std::rc::Rc;

use super::*;
use crate::gcra::SECOND;
use crate::in_flight::{Guard, InFlight};
use crate::registry::{self, CONFIRMED_FOR, Claim};
use crate::seed::Seed;
use crate::slot::Slot;
use crate::test_host::{START, TestHost};

/// What the keys of sets begin with, and that of the registry does not.
const SETS: &str = "rl";

/// Requests that each key may have in flight.
const MOST: u64 = 2;

/// A plugin with one rule.
struct Plugin {
    rules: [InFlight; 1],
    tables: Tables,
    worker: Rc<Worker>,
}

impl Plugin {
    fn start() -> Self {
        let (claim, worker) = (Claim { identity: 1, sets: 1, fill: GONE_AFTER }, Rc::default());
        let rules = [InFlight::new(claim, &Seed::shared_or(|| [1; 16]).unwrap(), &worker, None)];
        let tables = Tables::open(&rules).unwrap();
        worker.open(&tables).unwrap();
        Self { rules, tables, worker }
    }

    fn tick(&self) {
        self.tables.tick(&self.rules);
        self.worker.tick(&self.tables);
    }

    /// Sends a request of each key, and returns those that are admitted.
    fn acquire(&self, keys: [u64; 4]) -> Vec<Guard> {
        let [rule] = &self.rules;
        let slot = |key| Slot::new(0, key, 1);
        keys.into_iter().filter_map(|key| rule.acquire(slot(key), MOST, START).unwrap().1).collect()
    }
}

#[test]
fn places_that_cannot_be_given_back_are_tried_again_until_they_can() {
    TestHost::run(|host| {
        let plugin = Plugin::start();
        let keys = [1, 1, 2, 2];
        let requests = plugin.acquire(keys);
        assert_eq!(requests.len(), keys.len());
        host.refuse_writes(SETS);
        drop(requests);
        // What fails again must be kept, too.
        plugin.tick();
        plugin.tick();
        host.accept_writes();
        assert!(plugin.acquire(keys).is_empty(), "the writes failed");
        plugin.tick();
        assert_eq!(plugin.acquire(keys).len(), keys.len(), "some are never given back");
    });
}

#[test]
fn a_worker_counts_only_while_its_tables_are_confirmed() {
    TestHost::run(|host| {
        let plugin = Plugin::start();
        let number = plugin.worker.number();
        host.refuse_writes(registry::KEY);
        host.set_elapsed(CONFIRMED_FOR);
        plugin.tick();
        assert!(number.is_some());
        assert!(plugin.worker.number().is_none(), "it counts without tables");
        host.accept_writes();
        host.set_elapsed(CONFIRMED_FOR + SECOND);
        plugin.tick();
        assert_eq!(plugin.worker.number(), number, "it keeps its number");
    });
}

#[test]
fn a_plugin_that_is_removed_leaves_no_worker() {
    TestHost::run(|_| {
        let alive = || {
            let list = shared_data::get(KEY.as_bytes()).unwrap();
            Workers::read(list.as_deref()).unwrap()
        };
        let plugin = Plugin::start();
        let number = plugin.worker.number().unwrap();
        assert_eq!(alive().renewed_at(number), Some(START));
        drop(plugin);
        assert!(alive().is_gone(number));
    });
}
