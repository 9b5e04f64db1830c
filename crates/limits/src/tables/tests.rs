//! Two threads of one plugin.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use super::*;
use crate::gcra::{Quota, SECOND};
use crate::memory::{Memory, START};
use crate::seed::Seed;
use crate::slot::Slot;
use crate::{Buckets, Decision};

/// Claims the table of a rule, as each thread does.
fn open() -> ([Buckets; 1], Tables) {
    let seed = Seed::shared_or(|| [1; 16]).unwrap();
    let rules = [Buckets::new(Claim { identity: 1, sets: 1, fill: SECOND }, &seed, 1, None)];
    let tables = Tables::open(&rules).unwrap();
    (rules, tables)
}

#[test]
fn a_thread_charges_for_no_longer_than_the_registry_allows() {
    Memory::test(|host| {
        let (_confirmed_first, (rules, tables)) = (open(), open());
        host.wait_until(SECOND / 4);
        tables.tick(&rules);
        // The registry still has the first thread's confirmation: by it others reckon when the buckets are full.
        host.fail(Some(KEY));
        let quota = Quota::new(1, SECOND, 1, 1).unwrap();
        let charge = |after| {
            host.wait_until(after);
            let now = tables.ensure_confirmed(&rules, START + after);
            rules[0].charge(Slot::new(0, 1, 1), quota, now, None).unwrap()
        };
        assert!(matches!(charge(CONFIRMED_FOR - 1), Decision::Allowed(_)));
        assert_eq!(charge(CONFIRMED_FOR), Decision::NoTable);
    });
}
