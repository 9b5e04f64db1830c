//! The rules of a started filter, and their tables. Streams share them with the filter, because the end of a stream can
//! charge a rule.

use std::rc::Rc;

use limits::Tables;
use limits::in_flight::Worker;
use proxy_filter::logging::Throttled;

use crate::rule::Rule;

/// All rules of a plugin.
#[derive(Debug)]
pub(crate) struct Ruleset {
    pub(crate) rules: Vec<Rule>,
    pub(crate) tables: Tables,
    /// For responses whose cost cannot be read.
    pub(crate) warning: Throttled,
    /// Counts requests in flight. `None` if no rule does.
    pub(crate) worker: Option<Rc<Worker>>,
}

impl Ruleset {
    /// Confirms the tables on each tick.
    pub(crate) fn tick(&self) {
        self.tables.tick(&self.rules);
        self.worker.iter().for_each(|worker| worker.tick(&self.tables));
    }

    /// Makes sure that the tables may be charged at `now`, and returns the time of the charge.
    pub(crate) fn ensure_confirmed(&self, now: u64) -> u64 {
        let now = self.tables.ensure_confirmed(&self.rules, now);
        if let Some(worker) = &self.worker {
            worker.renew(&self.tables);
        }
        now
    }
}
