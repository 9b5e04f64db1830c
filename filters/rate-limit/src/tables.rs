//! A plugin's tables: what its rules hold, on one thread.

use std::cell::Cell;

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::config::ConfigError;
use proxy_filter::log::Throttled;
use proxy_filter::shared_data::{self, UpdateError};

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
        tables.confirm(rules, clock::monotonic_nanoseconds()?).map_err(ConfigError::new)?;
        Ok(tables)
    }

    /// What each tick does, so that no request has to.
    pub(crate) fn tick(&self, rules: &[Rule]) {
        if let Ok(now) = clock::monotonic_nanoseconds() {
            self.confirm_or_warn(rules, now);
        }
    }

    /// Lets a request at this time charge tables. Where that is not so, rules that would have to refuse.
    pub(crate) fn prepare(&self, rules: &[Rule], now: u64) {
        let is_confirmed = self.confirmed.get().is_some_and(|then| now < then.saturating_add(CONFIRMED));
        if !is_confirmed || !rules.iter().all(|rule| rule.table.holds()) {
            self.confirm_or_warn(rules, now);
        }
    }

    fn confirm_or_warn(&self, rules: &[Rule], now: u64) {
        if let Err(reason) = self.confirm(rules, now) {
            self.confirmed.set(None);
            rules.iter().for_each(|rule| rule.table.set_hold(None));
            _ = self
                .warning
                .warn(format_args!("refusing requests, as their counts cannot be read: {reason}"));
        }
    }

    fn confirm(&self, rules: &[Rule], now: u64) -> Result<(), Unconfirmed> {
        let confirm = |bytes: Option<&[u8]>| registry::confirm(bytes, &self.claims, now);
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
        Ok(())
    }
}

/// A new table, once it is there and still this rule's.
fn made(hold: Hold, sets: u32) -> Result<Option<Hold>, Unconfirmed> {
    Table::make(hold, sets)?;
    let is_ours = shared_data::update(KEY.as_bytes(), |bytes| registry::publish(bytes, hold))?;
    Ok(is_ours.then_some(hold))
}
