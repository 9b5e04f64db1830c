//! Which table of shared data is whose.
//!
//! Shared data is never freed, so tables are handed on: a rule that is new takes the one that was not asked for
//! the longest, once there are several times as many as a configuration needs. A rule that did not change finds
//! its counts again, after a rollback too, and old streams count apart from new ones.

use std::collections::VecDeque;

use proxy_filter::config::ConfigError;
use proxy_filter::shared_data::{self, Change};

use crate::table::Table;

/// Configurations whose tables are kept: this one, and those before it.
const GENERATIONS: usize = 4;

/// A rule's claim to a table: what makes a version of it, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) identity: u64,
    pub(crate) sets: u32,
}

/// The tables of a configuration's rules. Those that are new are made, or emptied.
pub(crate) fn open(namespace: &str, claims: &[Claim]) -> Result<Vec<Table>, ConfigError> {
    let key = format!("{namespace}\0rate-limit\0tables");
    let places = shared_data::update(key.as_bytes(), |bytes| Entries::read(bytes).place(claims))
        .map_err(ConfigError::new)?;
    let table = |(claim, (number, is_new)): (&Claim, (u32, bool))| {
        let prefix = [key.as_bytes(), b"\0", number.to_le_bytes().as_slice()].concat();
        let table = Table::new(prefix);
        if is_new {
            table.clear(claim.sets)?;
        }
        Ok(table)
    };
    claims.iter().zip(places).map(table).collect()
}

/// Whose each table is, that which was not asked for the longest first.
#[derive(Debug, PartialEq)]
struct Entries(Vec<Entry>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Entry {
    identity: u64,
    number: u32,
}

const ENTRY_SIZE: usize = 12;

impl Entries {
    fn read(bytes: Option<&[u8]>) -> Self {
        let (entries, _) = bytes.unwrap_or_default().as_chunks::<ENTRY_SIZE>();
        let entry = |[identity @ .., a, b, c, d]: &[u8; ENTRY_SIZE]| Entry {
            identity: u64::from_le_bytes(*identity),
            number: u32::from_le_bytes([*a, *b, *c, *d]),
        };
        Self(entries.iter().map(entry).collect())
    }

    /// The number of each claim's table, and whether it was just given to it.
    fn place(self, claims: &[Claim]) -> Change<Vec<(u32, bool)>> {
        let most = claims.len().saturating_mul(GENERATIONS);
        let mut count = self.0.len();
        let is_claimed = |entry: &Entry| claims.iter().any(|claim| claim.identity == entry.identity);
        let (known, others): (Vec<Entry>, Vec<_>) = self.0.iter().copied().partition(is_claimed);
        let mut others = VecDeque::from(others);
        let mut place = |claim: &Claim| {
            if let Some(entry) = known.iter().find(|entry| entry.identity == claim.identity) {
                return (*entry, false);
            }
            let oldest = if count < most { None } else { others.pop_front() };
            let number =
                oldest.map_or_else(|| u32::try_from(count).unwrap_or(u32::MAX), |entry| entry.number);
            count = count.saturating_add(usize::from(oldest.is_none()));
            (Entry { identity: claim.identity, number }, true)
        };
        let placed: Vec<_> = claims.iter().map(&mut place).collect();
        let places = placed.iter().map(|(entry, is_new)| (entry.number, *is_new)).collect();
        let after = Self(others.into_iter().chain(placed.iter().map(|(entry, _)| *entry)).collect());
        if after == self { Change::Keep(places) } else { Change::Write(after.to_bytes(), places) }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let bytes = |entry: &Entry| (entry.identity.to_le_bytes(), entry.number.to_le_bytes());
        self.0.iter().map(bytes).flat_map(|(identity, number)| identity.into_iter().chain(number)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places configurations, one after the other: the numbers that their rules get, and which are new.
    fn place(bytes: &mut Vec<u8>, identities: impl IntoIterator<Item = u64>) -> Vec<(u32, bool)> {
        let claims: Vec<_> = identities.into_iter().map(|identity| Claim { identity, sets: 1 }).collect();
        match Entries::read(Some(bytes)).place(&claims) {
            Change::Keep(places) => places,
            Change::Write(written, places) => {
                *bytes = written;
                places
            }
        }
    }

    #[test]
    fn a_rule_that_did_not_change_keeps_its_table() {
        let bytes = &mut Vec::new();
        assert_eq!(place(bytes, [7, 8]), [(0, true), (1, true)]);
        assert_eq!(place(bytes, [8, 9, 7]), [(1, false), (2, true), (0, false)]);
        assert_eq!(place(bytes, [8, 9, 7]), [(1, false), (2, false), (0, false)]);
    }

    #[test]
    fn whatever_rules_come_there_are_few_tables() {
        let bytes = &mut Vec::new();
        for identity in 0..1000 {
            let [(number, is_new)] = place(bytes, [identity])[..] else { panic!("one") };
            assert!(is_new && number < 4, "{number}");
        }
        assert!(!place(bytes, [997])[0].1, "one of the last is still there");
        assert!(place(bytes, 2000..2010).iter().all(|(number, _)| *number < 14));
        assert_eq!(Entries::read(Some(bytes)).0.len(), 14);
    }
}
