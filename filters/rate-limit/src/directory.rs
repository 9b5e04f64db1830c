//! Which table of shared data is whose.
//!
//! Shared data is never freed, so tables are handed on: a rule that is new takes one that none of the last
//! configurations has. A rule that did not change finds its counts again, after a rollback too, and the streams of a
//! configuration that is on its way out count apart from new ones.

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
    let places = shared_data::update(key.as_bytes(), |bytes| Directory::read(bytes).place(claims))
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

/// Whose each table is, and which tables the last configurations have.
#[derive(Debug, Default, PartialEq)]
struct Directory {
    /// The identity of the rule that has the table of this number.
    owners: Vec<u64>,
    /// The numbers of each configuration's tables, that which was loaded last in the last place.
    configurations: Vec<Vec<u32>>,
}

impl Directory {
    fn read(bytes: Option<&[u8]>) -> Self {
        let (words, _) = bytes.unwrap_or_default().as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let mut list = || -> Option<Vec<u64>> {
            let length = words.next()?;
            (0..length).map(|_| words.next()).collect()
        };
        let owners = list().unwrap_or_default();
        let numbers =
            |list: Vec<u64>| list.into_iter().filter_map(|number| u32::try_from(number).ok()).collect();
        Self { owners, configurations: std::iter::from_fn(list).map(numbers).collect() }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let numbers = |numbers: &Vec<u32>| numbers.iter().copied().map(u64::from).collect();
        let lists = std::iter::once(self.owners.clone()).chain(self.configurations.iter().map(numbers));
        let words = lists.flat_map(|list: Vec<u64>| {
            std::iter::once(u64::try_from(list.len()).unwrap_or_default()).chain(list)
        });
        words.flat_map(u64::to_le_bytes).collect()
    }

    /// The number of each claim's table, and whether it was just given to it.
    fn place(self, claims: &[Claim]) -> Change<Vec<(u32, bool)>> {
        let own = |claim: &Claim| {
            self.numbers().find(|(_, owner)| *owner == claim.identity).map(|(number, _)| number)
        };
        let known: Option<Vec<_>> = claims.iter().map(own).collect();
        let known = known.filter(|numbers| self.configurations.contains(numbers));
        let mut after = Self { owners: self.owners.clone(), configurations: self.configurations.clone() };
        // That which is loaded again is the last one now; another takes the place of the first.
        after.configurations.retain(|numbers| Some(numbers) != known.as_ref());
        let forgotten = after.configurations.len().saturating_add(1).saturating_sub(GENERATIONS);
        after.configurations.drain(..forgotten);
        let mut taken: Vec<_> = claims.iter().filter_map(own).collect();
        let place = |claim: &Claim| match own(claim) {
            Some(number) => (number, false),
            None => (after.take(claim.identity, &mut taken), true),
        };
        let places: Vec<_> = claims.iter().map(place).collect();
        after.configurations.push(places.iter().map(|(number, _)| *number).collect());
        if after == self { Change::Keep(places) } else { Change::Write(after.to_bytes(), places) }
    }

    fn numbers(&self) -> impl Iterator<Item = (u32, u64)> {
        (0_u32..).zip(self.owners.iter().copied())
    }

    /// Gives a table to a rule: one that no configuration has and none of this one's rules has taken, or a new one.
    fn take(&mut self, identity: u64, taken: &mut Vec<u32>) -> u32 {
        let is_kept =
            |number| self.configurations.iter().flatten().chain(taken.iter()).any(|kept| *kept == number);
        let free = self.numbers().map(|(number, _)| number).find(|number| !is_kept(*number));
        let number = free.unwrap_or_else(|| u32::try_from(self.owners.len()).unwrap_or(u32::MAX));
        taken.push(number);
        match self.owners.iter_mut().zip(0_u32..).find(|(_, known)| *known == number) {
            Some((owner, _)) => *owner = identity,
            None => self.owners.push(identity),
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places configurations, one after the other: the numbers that their rules get, and which are new.
    fn place(bytes: &mut Vec<u8>, identities: impl IntoIterator<Item = u64>) -> Vec<(u32, bool)> {
        let claims: Vec<_> = identities.into_iter().map(|identity| Claim { identity, sets: 1 }).collect();
        match Directory::read(Some(bytes)).place(&claims) {
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
        assert!(Directory::read(Some(bytes)).owners.len() <= 14);
    }

    #[test]
    fn no_two_rules_have_one_table() {
        let bytes = &mut Vec::new();
        place(bytes, [1, 2]);
        for identity in [10, 11, 12, 13] {
            place(bytes, [identity]);
        }
        // 2 is in none of the last configurations, and its table is there still: 13 has that of 1.
        let places = place(bytes, [20, 21, 22, 2]);
        let numbers: std::collections::BTreeSet<_> = places.iter().map(|(number, _)| number).collect();
        assert_eq!((numbers.len(), places[3]), (4, (1, false)));
    }

    #[test]
    fn a_smaller_configuration_takes_nothing_of_those_before_it() {
        let bytes = &mut Vec::new();
        let large = place(bytes, [1, 2, 3, 4, 5]);
        for identity in [10, 11, 12] {
            let [(number, is_new)] = place(bytes, [identity])[..] else { panic!("one") };
            assert!(is_new && large.iter().all(|(other, _)| *other != number), "{number}");
        }
        assert!(place(bytes, [1, 2, 3, 4, 5]).iter().all(|(_, is_new)| !is_new), "a rollback");
        // Workers take up configurations at different times.
        for _ in 0..20 {
            assert_eq!(place(bytes, [12]), [place(bytes, [12])[0]]);
            assert!(place(bytes, [1, 2, 3, 4, 5]).iter().all(|(_, is_new)| !is_new));
        }
        assert!(!place(bytes, [10])[0].1, "taking turns makes no generations");
    }
}
