//! Another module with the same `vm_id` overwrites everything that rate-limit keeps in shared data. The tests of rate-limit try
//! every value by itself in the model.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::suite::Case;
use harness::{Envoy, built, parts};
use serde_json::json;

pub(crate) const TESTS: [Case; 1] = [("limits_recover_from_whatever_another_module_writes", run)];

/// Tokens of the bucket, and the time in which one comes back.
const BURST: u32 = 3;
const INTERVAL: Duration = Duration::from_secs(2);

const RULES: &str = r#"{"rules": [
    {"name": "rate", "key": [{"header": "host"}], "limit": 3, "period": "6s", "slots": 8},
    {"name": "at-once", "key": [{"header": "host"}], "concurrency": 2, "slots": 8}
]}"#;

/// The keys: the registry, the seed, the workers, and the one set of each rule's table.
const KEYS: [&[u8]; 5] = [
    b"rate-limit registry 2",
    b"rate-limit seed 1",
    b"rate-limit workers 1",
    b"rl2\0\0\0\0\0\0\0\0",
    b"rl2\x01\0\0\0\0\0\0\0",
];

/// How long requests are sent.
const OBSERVED: Duration = Duration::from_secs(6);

/// How long it may take until a request is allowed: tables are confirmed within four seconds.
const RECOVERED: Duration = Duration::from_secs(5);

/// What the log says where the filter leaves a value alone, and what an operator can do.
const LEFT_ALONE: [&str; 2] = ["another module writes to this key", "give this plugin its own `vm_id`"];

/// What a module writes, by what it is, and whether the filter leaves it alone.
type Shape = (&'static str, bool, fn(usize, &[Vec<u8>]) -> Vec<u8>);

const SHAPES: [Shape; 6] = [
    ("removed", false, |_, _| Vec::new()),
    ("zeros", false, |key, values| values.get(key).map(|value| vec![0; value.len()]).unwrap_or_default()),
    ("in-the-tables", false, |key, values| match key {
        ..=2 => values.get(key).cloned().unwrap_or_default(),
        _ => b"another module's value".to_vec(),
    }),
    ("swapped-tables", false, |key, values| {
        let other = [0, 1, 2, 4, 3].get(key).copied().unwrap_or_default();
        values.get(other).cloned().unwrap_or_default()
    }),
    ("text", true, |_, _| b"another module's value".to_vec()),
    ("shifted", true, |key, values| values.get(key.saturating_sub(1)).cloned().unwrap_or_default()),
];

fn run() -> Result<()> {
    let bootstrap = SHAPES.into_iter().fold(Bootstrap::default(), |bootstrap, (name, ..)| {
        let probe = Filter::new("probe", &parts::test_modules().join("probe.wasm"), "");
        let routes = [json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}})];
        let limiter = built::filter("rate-limit", RULES).named(name, name);
        let writer = format!("{name}-writer");
        bootstrap.routed(name, &[limiter], &routes).routed(&writer, &[probe.named(&writer, name)], &routes)
    });
    let envoy = Envoy::start(&bootstrap)?;
    thread::scope(|scope| {
        let all = SHAPES.map(|shape| {
            let envoy = &envoy;
            scope.spawn(move || check(envoy, shape))
        });
        all.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| bail!("a test panicked")))
    })?;
    let log = envoy.log();
    ensure!(!log.contains("Uncaught"), "a module traps");
    ensure!(LEFT_ALONE.iter().all(|text| log.contains(text)), "the log does not say what to do");
    ensure!(log.contains("counts in shared data begin anew"), "the log does not say that counts begin anew");
    Ok(())
}

fn check(envoy: &Envoy, (name, is_left_alone, write): Shape) -> Result<()> {
    let writer = format!("{name}-writer");
    let command = |what: &str, key: &[u8], value: &[u8]| {
        let request = Request::get("/").header("x-command", format!("request headers: {what} shared data"));
        envoy.send(&writer, &request.header("x-key", hex(key)).header("x-value", hex(value)))
    };
    for _ in 0..BURST {
        ensure!(envoy.send(name, &Request::get("/"))?.status == 200, "{name}: limited too early");
    }
    let values = KEYS.map(|key| Ok(bytes(&command("read", key, b"")?.body)));
    let values = values.into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(values.iter().all(|value| !value.is_empty()), "{name}: these are not the keys");
    for (index, key) in KEYS.into_iter().enumerate() {
        command("write", key, &write(index, &values))?;
    }
    let mut first = observe(envoy, name)?;
    ensure!(first.is_none() == is_left_alone, "{name}: a request is allowed after {first:?}");
    if is_left_alone {
        KEYS.iter().try_for_each(|key| command("write", key, b"").map(drop))?;
        first = observe(envoy, name)?;
    }
    println!("shared data {name}: left alone {is_left_alone}, then a request is allowed after {first:.1?}");
    ensure!(first.is_some_and(|first| first < RECOVERED), "{name}: a request is allowed after {first:?}");
    Ok(())
}

/// Sends as many requests as are allowed. Returns when the first was.
fn observe(envoy: &Envoy, name: &str) -> Result<Option<Duration>> {
    let (start, mut allowed, mut first) = (Instant::now(), 0_u32, None);
    while start.elapsed() < OBSERVED {
        if envoy.send(name, &Request::get("/"))?.status == 200 {
            first.get_or_insert_with(|| start.elapsed());
            allowed = allowed.saturating_add(1);
        } else {
            thread::sleep(Duration::from_millis(100));
        }
        // A burst in the table that was overwritten, one in a new table, because the registry was, too, and what came back.
        let most = f64::from(BURST) * 2.0 + start.elapsed().div_duration_f64(INTERVAL) + 1.0;
        ensure!(
            f64::from(allowed) <= most,
            "{name}: {allowed} requests are allowed in {:?}",
            start.elapsed()
        );
    }
    Ok(first)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(digits: &[u8]) -> Vec<u8> {
    let byte = |digits: &[u8; 2]| {
        u8::from_str_radix(str::from_utf8(digits).unwrap_or_default(), 16).unwrap_or_default()
    };
    digits.as_chunks().0.iter().map(byte).collect()
}
