//! The tables of a plugin's rules, on one thread.

use std::cell::Cell;

use proxy_filter::HostError;
use proxy_filter::clock;
use proxy_filter::config::ConfigError;
use proxy_filter::logging::Throttled;
use proxy_filter::shared_data::{self, Change, UpdateError};

use crate::registry::{self, CONFIRMED_FOR, Claim, ClaimError, Grant, Hold, KEY};
use crate::table::Table;

/// The claims of a plugin's rules, and when this thread last confirmed them.
#[derive(Debug, Default)]
pub struct Tables {
    claims: Vec<Claim>,
    pub(crate) confirmed_at: Cell<Option<u64>>,
    warning: Throttled,
}

/// Why tables cannot be confirmed.
#[derive(Debug, thiserror::Error)]
enum ConfirmError {
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error("cannot update the registry of tables in shared data: {0}")]
    Registry(#[from] UpdateError),
    #[error("cannot create a table in shared data: {0}")]
    Host(#[from] HostError),
}

impl Tables {
    /// Claims the tables of rules that were just configured.
    ///
    /// # Errors
    /// There are no tables left, or the host fails.
    pub fn open<R: AsRef<Table>>(rules: &[R]) -> Result<Self, ConfigError> {
        let tables =
            Self { claims: rules.iter().map(|rule| rule.as_ref().claim()).collect(), ..Self::default() };
        tables.confirm(&tables_of(rules)).map_err(ConfigError::new)?;
        Ok(tables)
    }

    /// Confirms the tables on each tick, so that requests rarely have to.
    pub fn tick<R: AsRef<Table>>(&self, rules: &[R]) {
        _ = self.confirm_or_warn(&tables_of(rules));
    }

    /// Makes sure that a request that arrives at `now` may charge the tables, and returns the time of the charge. If
    /// the tables cannot be confirmed, the rules limit the request.
    pub fn ensure_confirmed<R: AsRef<Table>>(&self, rules: &[R], now: u64) -> u64 {
        let is_confirmed =
            self.confirmed_at.get().is_some_and(|then| now < then.saturating_add(CONFIRMED_FOR));
        match is_confirmed && rules.iter().all(|rule| rule.as_ref().is_held()) {
            true => now,
            false => self.confirm_or_warn(&tables_of(rules)).unwrap_or(now),
        }
    }

    /// Returns when all tables were last confirmed.
    pub(crate) fn confirmed_at(&self) -> Option<u64> {
        self.confirmed_at.get()
    }

    #[inline(never)]
    fn confirm_or_warn(&self, tables: &[&Table]) -> Option<u64> {
        let confirmed = self.confirm(tables);
        if let Err(reason) = &confirmed {
            self.confirmed_at.set(None);
            tables.iter().for_each(|table| table.set_hold(None));
            _ = self.warning.warn(format_args!("limiting all requests that the rules apply to: {reason}"));
        }
        confirmed.ok()
    }

    #[inline(never)]
    fn confirm(&self, tables: &[&Table]) -> Result<u64, ConfirmError> {
        let mut now = 0;
        let confirm = |bytes: Option<Vec<u8>>| {
            // The clock is read after the registry, so no confirmation in the registry is later than this one.
            now = match clock::monotonic_nanoseconds() {
                Ok(now) => now,
                Err(error) => return Change::Keep(Err(ConfirmError::Host(error))),
            };
            match registry::confirm(bytes.as_deref(), &self.claims, now) {
                Change::Keep(grants) => Change::Keep(grants.map_err(ConfirmError::Claim)),
                Change::Write(bytes, grants) => Change::Write(bytes, grants.map_err(ConfirmError::Claim)),
            }
        };
        let grants = shared_data::update(KEY.as_bytes(), confirm)??;
        let mut earliest = now;
        for (table, grant) in tables.iter().zip(grants) {
            let hold = match grant {
                Grant::Held { hold, confirmed_at } => {
                    earliest = earliest.min(confirmed_at);
                    if table.restart_suspect(hold, now)? {
                        _ = self.warning.warn(format_args!(
                            "counts in shared data begin anew, with empty buckets: another module has written to them; give \
                             this plugin its own `vm_id` (another `namespace` does not help)"
                        ));
                    }
                    Some(hold)
                }
                Grant::New(hold) => create(table, hold)?,
                Grant::Pending => None,
            };
            table.set_hold(hold);
        }
        self.confirmed_at.set(Some(earliest));
        Ok(now)
    }
}

fn tables_of<R: AsRef<Table>>(rules: &[R]) -> Vec<&Table> {
    rules.iter().map(AsRef::as_ref).collect()
}

/// Creates and publishes a new table. `None` if it belongs to another rule by then.
fn create(table: &Table, hold: Hold) -> Result<Option<Hold>, ConfirmError> {
    table.create(hold)?;
    let is_ours = shared_data::update(KEY.as_bytes(), |bytes| registry::publish(bytes.as_deref(), hold))?;
    Ok(is_ours.then_some(hold))
}

#[cfg(test)]
mod tests;
