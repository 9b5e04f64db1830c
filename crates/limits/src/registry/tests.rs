//! The registry, one step at a time.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::BTreeSet;

use super::grant::{ABANDONED_AFTER, MAX_TABLES};
use super::*;
use crate::gcra::SECOND;

const HOUR: u64 = 3600 * SECOND;

/// Confirms the rules of one plugin, and publishes their new tables.
fn confirmed(bytes: &mut Option<Vec<u8>>, identities: &[u64], now: u64) -> Vec<Hold> {
    let claims: Vec<_> = identities.iter().map(|&identity| Claim { identity, sets: 1, fill: HOUR }).collect();
    let grants = applied(bytes, |bytes| confirm(bytes, &claims, now)).unwrap();
    let hold = |grant: Grant| match grant {
        Grant::Held { hold, .. } => hold,
        Grant::New(hold) => {
            assert!(applied(bytes, |bytes| publish(bytes, hold)));
            hold
        }
        Grant::Pending => panic!("no other thread creates the table"),
    };
    grants.into_iter().map(hold).collect()
}

fn applied<T>(bytes: &mut Option<Vec<u8>>, change: impl FnOnce(Option<&[u8]>) -> Change<T>) -> T {
    match change(bytes.as_deref()) {
        Change::Keep(result) => result,
        Change::Write(written, result) => {
            *bytes = Some(written);
            result
        }
    }
}

#[test]
fn any_number_of_plugins_keep_their_tables() {
    let bytes = &mut None;
    let holds: Vec<_> = (0..100).map(|rule| confirmed(bytes, &[rule], 0)[0]).collect();
    assert_eq!(holds.iter().map(|hold| hold.table).collect::<BTreeSet<_>>().len(), 100);
    for second in 1..100 {
        for (rule, hold) in (0..100).zip(&holds) {
            assert_eq!(confirmed(bytes, &[rule], second * SECOND), [*hold]);
        }
    }
    assert!(confirmed(bytes, &[7, 8], 100 * SECOND) == [holds[7], holds[8]], "identical rules share");
}

#[test]
fn abandoned_tables_are_kept_for_rollbacks_and_then_reused() {
    let bytes = &mut None;
    let step = 2 * ABANDONED_AFTER;
    let first = confirmed(bytes, &[0], 0)[0];
    for rule in 1..=16 {
        confirmed(bytes, &[rule], rule * step);
    }
    assert_eq!(confirmed(bytes, &[0], 17 * step), [first], "a rollback finds its counts");
    for rule in 17..1000 {
        let hold = confirmed(bytes, &[rule], (rule + 1) * step)[0];
        assert!(hold.table < 20, "{hold:?}");
    }
    let back = confirmed(bytes, &[0], 1001 * step)[0];
    assert_eq!(back.initial_tat, 0, "its buckets would be full by now");
    assert!(back.epoch > first.epoch);
}

#[test]
fn a_table_is_reused_once_its_last_charge_has_come_back() {
    let before = &mut None;
    let first = confirmed(before, &[0], 0)[0];
    let full_at = CONFIRMED_FOR + HOUR;
    for (now, is_reused) in [(full_at - 1, false), (full_at, true)] {
        let next = confirmed(&mut before.clone(), &[1], now)[0];
        assert_eq!(next.table == first.table, is_reused, "{now}");
    }
}

#[test]
fn a_rule_that_lost_a_table_too_early_begins_with_empty_buckets() {
    let bytes = &mut None;
    let step = 2 * ABANDONED_AFTER;
    for rule in 0..40 {
        confirmed(bytes, &[rule], rule * step);
    }
    let now = 40 * step;
    assert_eq!(confirmed(bytes, &[0], now)[0].initial_tat, now + HOUR);
    assert_eq!(confirmed(bytes, &[39], now)[0].initial_tat, 0);
    assert_eq!(confirmed(bytes, &[1], now + HOUR)[0].initial_tat, 0, "they would be full by then");
}

#[test]
fn a_table_that_is_being_created_belongs_to_one_thread() {
    let (bytes, claim) = (&mut None, Claim { identity: 1, sets: 4, fill: HOUR });
    let mut ask = |now| applied(bytes, |bytes| confirm(bytes, &[claim], now)).unwrap()[0];
    let Grant::New(first) = ask(0) else { panic!("new") };
    assert_eq!(ask(ABANDONED_AFTER), Grant::Pending);
    let Grant::New(second) = ask(ABANDONED_AFTER + 1) else {
        panic!("the thread that was creating it is gone")
    };
    assert!(second.table > first.table && second.epoch > first.epoch);
    assert!(!applied(bytes, |bytes| publish(bytes, first)), "it comes too late");
    assert!(applied(bytes, |bytes| publish(bytes, second)));
    assert_eq!(
        applied(bytes, |bytes| confirm(bytes, &[claim], HOUR)),
        Ok(vec![Grant::Held { hold: second, confirmed_at: HOUR }])
    );
}

#[test]
fn claims_that_cannot_be_granted_are_refused() {
    let bytes = &mut None;
    let most = u64::try_from(MAX_TABLES).unwrap();
    for rule in 0..most {
        confirmed(bytes, &[rule], 0);
    }
    let claim = Claim { identity: most, sets: 1, fill: HOUR };
    let refused = applied(bytes, |bytes| confirm(bytes, &[claim], ABANDONED_AFTER)).unwrap_err();
    assert!(refused.to_string().contains("`namespace`"), "{refused}");
    let bytes = &mut Some(b"of another module".to_vec());
    assert_eq!(applied(bytes, |bytes| confirm(bytes, &[claim], 0)), Err(ClaimError::NotARegistry));
}

#[test]
fn tables_of_any_size_are_reused() {
    let bytes = &mut None;
    let most = u64::try_from(MAX_TABLES).unwrap();
    for rule in 0..most {
        confirmed(bytes, &[rule], 0);
    }
    let later = 2 * HOUR;
    let claim = Claim { identity: most, sets: 64, fill: HOUR };
    let grant = applied(bytes, |bytes| confirm(bytes, &[claim], later)).unwrap()[0];
    assert!(matches!(grant, Grant::New(hold) if u64::from(hold.table) < most), "{grant:?}");
}

#[test]
fn tables_that_were_never_published_are_given_up() {
    let bytes = &mut None;
    let ask = |bytes: &mut Option<Vec<u8>>, identity, now| {
        let claim = Claim { identity, sets: 1, fill: HOUR };
        applied(bytes, |bytes| confirm(bytes, &[claim], now))
    };
    for rule in 0..u64::try_from(MAX_TABLES).unwrap() {
        assert!(matches!(ask(bytes, rule, 0).unwrap()[..], [Grant::New(_)]));
    }
    assert_eq!(ask(bytes, 5000, ABANDONED_AFTER), Err(ClaimError::NoTableLeft));
    assert!(matches!(ask(bytes, 5000, ABANDONED_AFTER + 1).unwrap()[..], [Grant::New(_)]));
}

#[test]
fn rules_can_change_all_day() {
    let bytes = &mut None;
    for rule in 0..2000 {
        let claim = Claim { identity: rule, sets: 1, fill: 24 * HOUR };
        let grants = applied(bytes, |bytes| confirm(bytes, &[claim], rule * 8 * SECOND)).unwrap();
        if let [Grant::New(hold)] = grants[..] {
            assert!(applied(bytes, |bytes| publish(bytes, hold)));
        }
    }
}

#[test]
fn a_rule_whose_table_was_never_published_still_begins_with_empty_buckets() {
    let bytes = &mut None;
    let step = 2 * ABANDONED_AFTER;
    for rule in 0..40 {
        confirmed(bytes, &[rule], rule * step);
    }
    // Larger than the existing tables, so a new one must be created; but no thread publishes it.
    let claim = Claim { identity: 0, sets: 8, fill: HOUR };
    let ask =
        |bytes: &mut Option<Vec<u8>>, now| applied(bytes, |bytes| confirm(bytes, &[claim], now)).unwrap()[0];
    assert!(matches!(ask(bytes, 40 * step), Grant::New(hold) if hold.initial_tat == 40 * step + HOUR));
    confirmed(bytes, &[100], 42 * step);
    assert!(matches!(ask(bytes, 43 * step), Grant::New(hold) if hold.initial_tat == 43 * step + HOUR));
}
