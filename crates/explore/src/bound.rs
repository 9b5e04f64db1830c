//! The bound that no limiter may exceed, for tests.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

/// Returns whether every run of requests, allowed at these times, took at most `burst` tokens and one per interval of
/// its length.
pub fn holds(allowed: &[u64], interval: u64, burst: u64, cost: u64) -> bool {
    holds_for(allowed.iter().map(|time| (*time, cost)), interval, burst)
}

/// Like [`holds`], for requests that took different numbers of tokens: their times, in order, and tokens.
pub fn holds_for(allowed: impl IntoIterator<Item = (u64, u64)>, interval: u64, burst: u64) -> bool {
    let (interval, burst) = (i128::from(interval), i128::from(burst));
    // The tokens of a run, as time, less its length must not exceed the burst. Of all starts only the least matters.
    let (mut taken, mut least) = (0, i128::MAX);
    allowed.into_iter().all(|(time, tokens)| {
        let before = taken - i128::from(time);
        taken += i128::from(tokens) * interval;
        least = least.min(before);
        taken - i128::from(time) - least <= burst * interval
    })
}

#[test]
fn one_too_many_is_found() {
    assert!(holds(&[0, 0, 10, 20], 10, 2, 1));
    assert!(!holds(&[0, 0, 9], 10, 2, 1));
    assert!(!holds(&[0, 100, 100, 100], 10, 2, 1));
    assert!(!holds(&[0, 0], 10, 3, 2));
    assert!(holds_for([(0, 2), (10, 1), (30, 2)], 10, 2));
    assert!(!holds_for([(0, 1), (10, 3)], 10, 2));
}
