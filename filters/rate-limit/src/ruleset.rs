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
    /// Those that count requests in flight are last.
    pub(crate) rules: Vec<Rule>,
    /// How many of the rules do not.
    pub(crate) first_in_flight: usize,
    pub(crate) tables: Tables,
    /// For responses whose cost cannot be read.
    pub(crate) warning: Throttled,
    /// Counts requests in flight. `None` if no rule does.
    pub(crate) worker: Option<Rc<Worker>>,
}

impl Ruleset {
    /// Returns the rules with buckets, and those that count requests in flight.
    pub(crate) fn by_kind(&self) -> (&[Rule], &[Rule]) {
        self.rules.split_at_checked(self.first_in_flight).unwrap_or((&self.rules, &[]))
    }

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
