//! What no limiter may exceed, for property tests.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

/// Whether every run of these requests, by the times at which they were admitted, holds to the bound: `burst`
/// tokens, and one for each interval that it takes.
pub(crate) fn holds(admitted: &[u64], interval: u64, burst: u64, cost: u64) -> bool {
    let (interval, burst, cost) = (i128::from(interval), i128::from(burst), i128::from(cost));
    // Of any run: what was taken in it, less the time it took. The earlier end matters by its least only.
    let mut least = i128::MAX;
    (0_i128..).zip(admitted).all(|(position, time)| {
        let before = position * cost * interval - i128::from(*time);
        least = least.min(before);
        before + cost * interval - least <= burst * interval
    })
}

#[test]
fn one_too_many_is_found() {
    assert!(holds(&[0, 0, 10, 20], 10, 2, 1));
    assert!(!holds(&[0, 0, 9], 10, 2, 1));
    assert!(!holds(&[0, 100, 100, 100], 10, 2, 1));
    assert!(!holds(&[0, 0], 10, 3, 2));
}
