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

/// A plugin whose rule lets each key have one request in flight.
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

    fn acquire(&self) -> Option<Guard> {
        let [rule] = &self.rules;
        rule.acquire(Slot::new(0, 1, 1), 1, START).unwrap().1
    }
}

#[test]
fn a_place_that_cannot_be_given_back_is_tried_again_until_it_can() {
    TestHost::run(|host| {
        let plugin = Plugin::start();
        let request = plugin.acquire().unwrap();
        host.refuse_writes(SETS);
        drop(request);
        // What fails again must be kept, too.
        plugin.tick();
        plugin.tick();
        host.accept_writes();
        assert!(plugin.acquire().is_none(), "the write failed");
        plugin.tick();
        assert!(plugin.acquire().is_some(), "it is never given back");
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
