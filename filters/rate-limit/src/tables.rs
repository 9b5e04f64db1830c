//! A plugin's tables: what its rules hold, on one thread.

use std::cell::Cell;

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::config::ConfigError;
use proxy_filter::logging::Throttled;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::registry::{self, CONFIRMED, Claim, Hold, KEY, Place, Refused};
use crate::rule::Rule;
use crate::table::Table;

/// What a plugin's rules claim, and when this thread confirmed it last.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    claims: Vec<Claim>,
    confirmed: Cell<Option<u64>>,
    warning: Throttled,
}

/// Why tables could not be confirmed.
#[derive(Debug, thiserror::Error)]
enum Unconfirmed {
    #[error("{0}")]
    Refused(#[from] Refused),
    #[error("cannot update the registry of limits: {0}")]
    Registry(#[from] UpdateError),
    #[error("a table of limits cannot be made: {0}")]
    Host(#[from] HostError),
}

impl Tables {
    /// The tables of rules that were just configured.
    ///
    /// # Errors
    /// There are no more, or the host fails.
    pub(crate) fn open(rules: &[Rule]) -> Result<Self, ConfigError> {
        let tables = Self { claims: rules.iter().map(Rule::claim).collect(), ..Self::default() };
        tables.confirm(rules).map_err(ConfigError::new)?;
        Ok(tables)
    }

    /// What each tick does, so that no request has to.
    pub(crate) fn tick(&self, rules: &[Rule]) {
        _ = self.confirm_or_warn(rules);
    }

    /// Lets a request that came at this time charge tables: when it counts as having come. Rules whose tables are not
    /// confirmed refuse it.
    pub(crate) fn prepare(&self, rules: &[Rule], now: u64) -> u64 {
        let is_confirmed = self.confirmed.get().is_some_and(|then| now < then.saturating_add(CONFIRMED));
        match is_confirmed && rules.iter().all(|rule| rule.table.holds()) {
            true => now,
            false => self.confirm_or_warn(rules).unwrap_or(now),
        }
    }

    fn confirm_or_warn(&self, rules: &[Rule]) -> Option<u64> {
        let confirmed = self.confirm(rules);
        if let Err(reason) = &confirmed {
            self.confirmed.set(None);
            rules.iter().for_each(|rule| rule.table.set_hold(None));
            _ = self
                .warning
                .warn(format_args!("refusing requests, as their counts cannot be read: {reason}"));
        }
        confirmed.ok()
    }

    fn confirm(&self, rules: &[Rule]) -> Result<u64, Unconfirmed> {
        let mut now = 0;
        let confirm = |bytes: Option<&[u8]>| {
            // Read behind the registry, so that no confirmation in it is later than this one.
            now = match clock::monotonic_nanoseconds() {
                Ok(now) => now,
                Err(error) => return Change::Keep(Err(Unconfirmed::Host(error))),
            };
            match registry::confirm(bytes, &self.claims, now) {
                Change::Keep(places) => Change::Keep(places.map_err(Unconfirmed::Refused)),
                Change::Write(bytes, places) => Change::Write(bytes, places.map_err(Unconfirmed::Refused)),
            }
        };
        let places = shared_data::update(KEY.as_bytes(), confirm)??;
        let mut confirmed = now;
        for (rule, place) in rules.iter().zip(places) {
            let hold = match place {
                Place::Held(hold, seen) => {
                    confirmed = confirmed.min(seen);
                    Some(hold)
                }
                Place::New(hold) => made(hold, rule.sets)?,
                Place::Pending => None,
            };
            rule.table.set_hold(hold);
        }
        self.confirmed.set(Some(confirmed));
        Ok(now)
    }
}

/// A new table, once it is there and still this rule's.
fn made(hold: Hold, sets: u32) -> Result<Option<Hold>, Unconfirmed> {
    Table::make(hold, sets)?;
    let is_ours = shared_data::update(KEY.as_bytes(), |bytes| registry::publish(bytes, hold))?;
    Ok(is_ours.then_some(hold))
}
