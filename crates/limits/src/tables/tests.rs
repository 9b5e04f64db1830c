//! Two threads of one plugin.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test that overflows or indexes out of bounds fails"
)]

use super::*;
use crate::gcra::{Quota, SECOND};
use crate::seed::Seed;
use crate::slot::Slot;
use crate::test_host::{START, TestHost};
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
    TestHost::run(|host| {
        let (_confirmed_first, (rules, tables)) = (open(), open());
        host.set_elapsed(SECOND / 4);
        tables.tick(&rules);
        // The registry still holds the first thread's confirmation. Others tell from it when the buckets are full, so this thread must
        // stop charging by then.
        host.refuse_writes(KEY);
        let quota = Quota::new(1, SECOND, 1, 1).unwrap();
        let charge = |after| {
            host.set_elapsed(after);
            let now = tables.ensure_confirmed(&rules, START + after);
            rules[0].charge(Slot::new(0, 1, 1), quota, now, None).unwrap()
        };
        assert!(matches!(charge(CONFIRMED_FOR - 1), Decision::Allowed(_)));
        assert_eq!(charge(CONFIRMED_FOR), Decision::NoTable);
    });
}
