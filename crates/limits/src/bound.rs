//! The bound that no limiter may exceed, for property tests.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

/// Returns whether every run of requests, allowed at these times, took at most `burst` tokens and one per interval of
/// its length.
pub(crate) fn holds(allowed: &[u64], interval: u64, burst: u64, cost: u64) -> bool {
    let (interval, burst, cost) = (i128::from(interval), i128::from(burst), i128::from(cost));
    // The tokens of a run, as time, less its length must not exceed the burst. Of all starts only the least matters.
    let mut least = i128::MAX;
    (0_i128..).zip(allowed).all(|(position, time)| {
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
