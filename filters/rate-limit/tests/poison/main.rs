//! Another module with the same `vm_id` overwrites the values of shared data that the rules count in.
//!
//! Whatever it writes, once, the filter does not trap, no key gets more than a burst more, and none is limited for longer than
//! its bucket takes to fill. Where the filter leaves a value alone because it may be another module's, it limits all requests, and
//! the log says what to do.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proxy_filter_test::{NativeHttp, Plugin, Proxy, Request};
use rate_limit::RateLimit;

/// Tokens of a bucket, and the seconds in which one comes back.
const BURST: u64 = 3;
const INTERVAL: u64 = 2;

/// Requests that may be in flight.
const AT_ONCE: usize = 2;

const RULES: &str = r#"{"rules": [
    {"name": "rate", "key": [{"client_ip": {}}], "limit": 3, "period": "6s", "slots": 8, "when": {"path": {"prefix": "/rate"}}},
    {"name": "at-once", "key": [{"client_ip": {}}], "concurrency": 2, "slots": 8, "when": {"path": {"prefix": "/at-once"}}}
]}"#;

/// Seconds for which requests are sent.
const OBSERVED: u64 = 16;

/// Seconds after which a bucket has a token again: tables that are held are confirmed within four seconds.
const RECOVERED: u64 = 4 + INTERVAL;

/// Longer than any worker counts as alive.
const ALL_GONE: Duration = Duration::from_secs(35);

/// What the log says of a value that the filter leaves alone.
const LEFT_ALONE: [&str; 2] = ["is not a registry of rate-limit", "is not a list of workers"];

/// What the log says that an operator can do.
const CURE: &str = "give this plugin its own `vm_id`";

type Data = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a value becomes, and its name.
type Shape = (&'static str, fn(&[u8]) -> Vec<u8>);

fn data(proxy: &Proxy) -> Data {
    proxy.as_model().map(|model| model.shared_data()).unwrap_or_default()
}

/// Returns the keys that the rules use.
fn keys() -> Vec<Vec<u8>> {
    let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
    let plugin = proxy.load(RULES);
    drop(plugin);
    data(&proxy).into_keys().collect()
}

/// Overwrites a value once, while the rules' counts are used up, and checks what requests get. `Err` says what is wrong; `Ok`
/// tells how many places for requests in flight are lost.
fn check(key: &[u8], write: impl FnOnce(&Data) -> Vec<u8>) -> Result<usize, String> {
    let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
    let plugin = proxy.load(RULES);
    (0..BURST).for_each(|_| _ = plugin.send(Request::get("/rate")).expect_status(200));
    plugin.send(Request::get("/rate")).expect_status(429);
    let held = plugin.hold(&Request::get("/at-once"));
    let overwrite = |value: &[u8]| proxy.as_model().into_iter().for_each(|it| it.set_shared_data(key, value));
    overwrite(&write(&data(&proxy)));
    let mut first = observe(&proxy, &plugin)?;
    let log = proxy.logs().join("\n");
    if LEFT_ALONE.iter().any(|line| log.contains(line)) {
        if !log.contains(CURE) {
            return Err("the log does not say what to do".into());
        }
        // The other module's value is gone.
        overwrite(b"");
        first = observe(&proxy, &plugin)?;
    }
    if first.is_none_or(|second| second > RECOVERED) {
        return Err(format!("the first request is allowed after {first:?} seconds"));
    }
    drop(held);
    proxy.advance(ALL_GONE);
    // The requests that find out, on each worker, that a value cannot be are limited.
    (0..2).for_each(|_| _ = plugin.send(Request::get("/at-once")));
    proxy.advance(Duration::from_secs(1));
    let at_once = admitted(&plugin);
    AT_ONCE.checked_sub(at_once).ok_or(format!("{at_once} requests are in flight"))
}

/// Sends requests, as many as are allowed. Returns in which second the first was allowed.
fn observe(proxy: &Proxy, plugin: &Plugin) -> Result<Option<u64>, String> {
    let (mut allowed, mut first) = (0, None);
    for second in 0..OBSERVED {
        while plugin.send(Request::get("/rate")).status() == 200 {
            first.get_or_insert(second);
            allowed += 1;
            // The tokens that came back, and those of the burst that the filter may have forgotten.
            let most = BURST + second / INTERVAL;
            if allowed > most {
                return Err(format!(
                    "{allowed} requests are allowed within {second} seconds, expected {most}"
                ));
            }
        }
        // Beside the one that the filter may have forgotten.
        let at_once = if second < RECOVERED { admitted(plugin) } else { 0 };
        if at_once > AT_ONCE {
            return Err(format!("{at_once} more requests are in flight"));
        }
        proxy.advance(Duration::from_secs(1));
    }
    Ok(first)
}

/// Returns how many requests may be in flight beside those that are.
fn admitted(plugin: &Plugin) -> usize {
    let mut held = Vec::new();
    while held.len() < 10 && plugin.send(Request::get("/at-once")).status() == 200 {
        held.push(plugin.hold(&Request::get("/at-once")));
    }
    held.len()
}

#[track_caller]
fn ok(key: &[u8], what: &str, result: Result<usize, String>) -> usize {
    assert!(result.is_ok(), "{}, {what}: {result:?}", key.escape_ascii());
    result.unwrap_or_default()
}

#[test]
fn values_of_other_modules_and_tables() {
    for key in &keys() {
        let shapes: [Shape; 9] = [
            ("removed", |_| Vec::new()),
            ("zeros", |value| vec![0; value.len()]),
            ("ones", |value| vec![0xff; value.len()]),
            ("three zeros", |_| vec![0; 24]),
            ("text", |_| b"another module's value".to_vec()),
            ("large", |_| vec![b'A'; 100_000]),
            ("longer", |value| [value, &[0xff; 200]].concat()),
            ("twice", |value| [value, value].concat()),
            ("reversed", |value| value.iter().rev().copied().collect()),
        ];
        for (name, shape) in shapes {
            assert_eq!(
                ok(key, name, check(key, |data| shape(&data[key]))),
                0,
                "{} {name}",
                key.escape_ascii()
            );
        }
        for other in &keys() {
            let name = other.escape_ascii().to_string();
            let lost = ok(key, &name, check(key, |data| data[other].clone()));
            assert_eq!(lost, 0, "{} := {name}", key.escape_ascii());
        }
    }
}

#[test]
fn values_of_many_lengths() {
    for key in &keys() {
        for length in (0..220).step_by(step(7)) {
            // What repeats may be a second row of the same worker.
            let cut = |data: &Data| data[key].iter().copied().cycle().take(length).collect();
            let lost = ok(key, &format!("{length} bytes"), check(key, cut));
            assert!(lost < AT_ONCE, "{}, {length} bytes: all places are lost", key.escape_ascii());
        }
    }
}

#[test]
fn values_with_one_bit_flipped() {
    let (mut flipped, mut lost) = (0, Vec::new());
    for (key, value) in lengths() {
        for bit in (0..value * 8).step_by(step(9)) {
            let flip = |data: &Data| {
                let mut value = data[&key].clone();
                value[bit / 8] ^= 1 << (bit % 8);
                value
            };
            flipped += 1;
            match ok(&key, &format!("bit {bit}"), check(&key, flip)) {
                0 => {}
                places => lost.push((key.escape_ascii().to_string(), bit, places)),
            }
        }
    }
    println!("{flipped} bits flipped; places lost: {lost:?}");
    // A row that names another worker, which is alive, lasts as long as that worker.
    assert!(lost.len() <= 1 && lost.iter().all(|(.., places)| *places < AT_ONCE), "{lost:?}");
}

/// Returns the keys, and the sizes of their values with a request in flight.
fn lengths() -> Vec<(Vec<u8>, usize)> {
    let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
    let plugin = proxy.load(RULES);
    let _held = plugin.hold(&Request::get("/at-once"));
    data(&proxy).into_iter().map(|(key, value)| (key, value.len())).collect()
}

/// Returns how many cases to go on at a time: this many, or one with `LONG` set, which takes minutes.
fn step(short: usize) -> usize {
    if std::env::var_os("LONG").is_some() { 1 } else { short }
}

#[test]
fn a_configuration_is_refused_where_another_modules_value_is_left_alone() {
    for key in ["rate-limit registry 1", "rate-limit workers 1"] {
        let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
        proxy.as_model().unwrap().set_shared_data(key.as_bytes(), b"another module's");
        let refused = proxy.refuses(RULES);
        assert!(refused.contains(key) && refused.contains(CURE), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_bytes(key in 0..5_usize, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let key = &keys()[key];
        prop_assert_eq!(check(key, |_| bytes), Ok(0));
    }

    /// Numbers as the values have them, in any number.
    #[test]
    fn any_numbers(key in 0..5_usize, numbers in prop::collection::vec(prop_oneof![0..40_u64, any::<u64>()], 0..30)) {
        let key = &keys()[key];
        let bytes = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        prop_assert!(check(key, |_| bytes).is_ok());
    }
}
