//! A worker whose host fails for a while.

use std::rc::Rc;

use super::*;
use crate::gcra::SECOND;
use crate::in_flight::{Guard, InFlight};
use crate::memory::{Memory, START};
use crate::registry::{self, CONFIRMED_FOR, Claim};
use crate::seed::Seed;
use crate::slot::Slot;

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
fn what_cannot_be_given_back_is_tried_until_it_can() {
    Memory::test(|host| {
        let plugin = Plugin::start();
        let request = plugin.acquire().unwrap();
        host.fail(Some("rl"));
        drop(request);
        plugin.tick();
        plugin.tick();
        host.fail(None);
        assert!(plugin.acquire().is_none(), "it was given back in spite of the host");
        plugin.tick();
        assert!(plugin.acquire().is_some(), "it is never given back");
    });
}

#[test]
fn a_worker_counts_only_while_its_tables_are_confirmed() {
    Memory::test(|host| {
        let plugin = Plugin::start();
        let number = plugin.worker.number();
        host.fail(Some(registry::KEY));
        host.wait_until(CONFIRMED_FOR);
        plugin.tick();
        assert!(number.is_some() && plugin.worker.number().is_none());
        host.fail(None);
        host.wait_until(CONFIRMED_FOR + SECOND);
        plugin.tick();
        assert_eq!(plugin.worker.number(), number, "it was not gone for long");
    });
}
