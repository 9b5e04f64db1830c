//! Another module with the same `vm_id` overwrites the values of shared data that the rules count in.
//!
//! Whatever it writes, once, the filter does not trap, no key gets more than a burst more, and none is limited for longer than
//! its bucket takes to fill. Where the filter leaves a value alone because it may be another module's, it limits all requests, and
//! the log says what to do.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, reason = "a test that overflows fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proxy_filter_test::{HeldRequest, NativeHttp, Plugin, Proxy, Request};
use rate_limit::RateLimit;

/// Tokens of a bucket, and the seconds in which one comes back.
const BURST: u64 = 3;
const INTERVAL: u64 = 2;

/// Requests that may be in flight.
const AT_ONCE: usize = 2;

const RATE: &str = r#"{"name": "rate", "key": [{"client_ip": {}}], "limit": 3, "period": "6s", "slots": 8, "when": {"path": {"prefix": "/rate"}}}"#;
const IN_FLIGHT: &str = r#"{"name": "at-once", "key": [{"client_ip": {}}], "concurrency": 2, "slots": 8, "when": {"path": {"prefix": "/at-once"}}}"#;

/// The rules, in this order or the other: the later one's counts have a higher epoch.
fn rules(is_rate_first: bool) -> String {
    let [first, second] = if is_rate_first { [RATE, IN_FLIGHT] } else { [IN_FLIGHT, RATE] };
    format!(r#"{{"rules": [{first}, {second}]}}"#)
}

/// Seconds for which requests are sent.
const OBSERVED: u64 = 16;

/// The values: registry, seed, workers, and a set of each rule.
const KEYS: usize = 5;

/// Seconds after which a bucket has a token again: tables that are held are confirmed within four seconds.
const RECOVERED: u64 = 4 + INTERVAL;

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
    let plugin = proxy.load(&rules(true));
    drop(plugin);
    let keys: Vec<_> = data(&proxy).into_keys().collect();
    assert_eq!(keys.len(), KEYS);
    keys
}

/// Overwrites a value once, while the rules' counts are used up, and checks what requests get. `Err` says what is wrong.
fn check(key: &[u8], write: impl Fn(&Data) -> Vec<u8>) -> Result<(), String> {
    [true, false].into_iter().try_for_each(|is_rate_first| check_with(&rules(is_rate_first), key, &write))
}

fn check_with(rules: &str, key: &[u8], write: impl FnOnce(&Data) -> Vec<u8>) -> Result<(), String> {
    let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
    let plugin = proxy.load(rules);
    (0..BURST).for_each(|_| _ = plugin.send(Request::get("/rate")).expect_status(200));
    plugin.send(Request::get("/rate")).expect_status(429);
    // One on each worker.
    let held = [(); AT_ONCE].map(|()| plugin.hold(&Request::get("/at-once")));
    let overwrite = |value: &[u8]| proxy.as_model().into_iter().for_each(|it| it.set_shared_data(key, value));
    overwrite(&write(&data(&proxy)));
    let mut first = observe(&proxy, &plugin)?;
    let log = proxy.logs().join("\n");
    if LEFT_ALONE.iter().any(|line| log.contains(line)) {
        if !log.contains(CURE) {
            return Err("the log does not say what to do".into());
        }
        if log.contains(LEFT_ALONE[0]) && first.is_some() {
            return Err("a request is allowed without a registry".into());
        }
        // The other module's value is gone.
        overwrite(b"");
        first = observe(&proxy, &plugin)?;
    }
    if first.is_none_or(|second| second > RECOVERED) {
        return Err(format!("the first request is allowed after {first:?} seconds"));
    }
    // Those from before end while as many as the limit are in flight again.
    let mut again = hold_all(&plugin);
    drop(held);
    again.extend(hold_all(&plugin));
    if again.len() != AT_ONCE {
        return Err(format!(
            "{} requests fit once those from before have ended, expected {AT_ONCE}",
            again.len()
        ));
    }
    drop(again);
    match hold_all(&plugin).len() {
        AT_ONCE => Ok(()),
        at_once => Err(format!("{at_once} requests fit when none is in flight")),
    }
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
        // Beside those that the filter may have forgotten.
        let at_once = if second < RECOVERED { hold_all(plugin).len() } else { 0 };
        if at_once > AT_ONCE {
            return Err(format!("{at_once} more requests are in flight"));
        }
        proxy.advance(Duration::from_secs(1));
    }
    Ok(first)
}

/// Holds as many requests in flight as may be beside those that are.
fn hold_all<'a>(plugin: &'a Plugin<'_>) -> Vec<HeldRequest<'a>> {
    let mut held = Vec::new();
    while held.len() < 10 && plugin.send(Request::get("/at-once")).status() == 200 {
        held.push(plugin.hold(&Request::get("/at-once")));
        // Requests go to the workers in turn: the next one that is held is another's.
        plugin.send(Request::get("/"));
    }
    held
}

#[track_caller]
fn expect_recovery(key: &[u8], what: &str, write: impl Fn(&Data) -> Vec<u8>) {
    let result = check(key, write);
    assert!(result.is_ok(), "{}, {what}: {result:?}", key.escape_ascii());
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
            expect_recovery(key, name, |data| shape(&data[key]));
        }
        for other in &keys() {
            expect_recovery(key, &other.escape_ascii().to_string(), |data| data[other].clone());
        }
    }
}

#[test]
fn values_of_many_lengths() {
    for key in &keys() {
        for length in (0..220).step_by(step(7)) {
            // What repeats may be a second row of the same worker.
            let cut = |data: &Data| data[key].iter().copied().cycle().take(length).collect();
            expect_recovery(key, &format!("{length} bytes"), cut);
        }
    }
}

#[test]
fn values_with_one_bit_flipped() {
    let mut flipped = 0;
    for (key, value) in lengths() {
        for bit in (0..value * 8).step_by(step(9)) {
            expect_recovery(&key, &format!("bit {bit}"), |data| {
                let mut value = data[&key].clone();
                value[bit / 8] ^= 1 << (bit % 8);
                value
            });
            flipped += 1;
        }
    }
    println!("{flipped} bits flipped");
    assert!(flipped > 0);
}

/// Returns the keys, and the sizes of their values with a request in flight.
fn lengths() -> Vec<(Vec<u8>, usize)> {
    let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
    let plugin = proxy.load(&rules(true));
    let _held = plugin.hold(&Request::get("/at-once"));
    data(&proxy).into_iter().map(|(key, value)| (key, value.len())).collect()
}

/// Returns how many cases to go on at a time: this many, or one with `LONG` set, which takes minutes.
fn step(short: usize) -> usize {
    if std::env::var_os("LONG").is_some() { 1 } else { short }
}

#[test]
fn a_configuration_is_refused_where_another_modules_value_is_left_alone() {
    for key in ["rate-limit registry 2", "rate-limit workers 1"] {
        let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
        proxy.as_model().unwrap().set_shared_data(key.as_bytes(), b"another module's");
        let refused = proxy.refuses(&rules(true));
        assert!(refused.contains(key) && refused.contains(CURE), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_bytes(key in 0..KEYS, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let key = &keys()[key];
        prop_assert_eq!(check(key, |_| bytes.clone()), Ok(()));
    }

    /// Numbers as the values have them, in any number.
    #[test]
    fn any_numbers(key in 0..KEYS, numbers in prop::collection::vec(prop_oneof![0..40_u64, any::<u64>()], 0..30)) {
        let key = &keys()[key];
        let bytes: Vec<_> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
        prop_assert_eq!(check(key, |_| bytes.clone()), Ok(()));
    }
}
