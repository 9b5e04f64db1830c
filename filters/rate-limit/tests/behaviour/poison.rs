//! Another module overwrites the values of shared data that the rules count in.

use std::time::Duration;

use proxy_filter_test::{NativeHttp, Proxy, Request};
use rate_limit::RateLimit;

const RATE: u64 = 3;
const PERIOD: u64 = 30;
const AT_ONCE: usize = 2;

const RULES: &str = r#"{"rules": [
    {"name": "rate", "key": [{"client_ip": {}}], "limit": 3, "period": "30s", "slots": 8},
    {"name": "at-once", "key": [{"client_ip": {}}], "concurrency": 2, "slots": 8}
]}"#;

#[derive(Debug, Default)]
struct Outcome {
    allowed: u64,
    first: Option<u64>,
    at_once: usize,
    after: Vec<u16>,
    log: Vec<String>,
}

fn run(poison: impl Fn(&Proxy)) -> Outcome {
    let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
    let plugin = proxy.load(RULES);
    let get = Request::get("/");
    let mut outcome = Outcome::default();
    plugin.send(get.clone()).expect_status(200);
    plugin.send(get.clone()).expect_status(200);
    let held = plugin.hold(&get);
    plugin.send(get.clone()).expect_status(429);
    poison(&proxy);
    let logs = proxy.logs().len();
    for second in 0..75 {
        while outcome.allowed < 1000 && plugin.send(get.clone()).status() == 200 {
            outcome.allowed += 1;
            outcome.first.get_or_insert(second);
        }
        proxy.advance(Duration::from_secs(1));
    }
    drop(held);
    proxy.advance(Duration::from_secs(40));
    let held: Vec<_> = (0..4).map(|_| plugin.hold(&get)).collect();
    outcome.at_once = 0;
    drop(held);
    proxy.advance(Duration::from_secs(40));
    outcome.after = (0..4).map(|_| plugin.send(get.clone()).status()).collect();
    outcome.log = proxy.logs()[logs..].iter().filter(|line| line.contains("Warn") || line.contains("Crit") || line.contains("Err")).cloned().collect();
    outcome.log.dedup();
    outcome.log.truncate(1);
    outcome
}

#[test]
fn explore() {
    let keys: Vec<_> = {
        let proxy = Proxy::native(NativeHttp::<RateLimit>::default);
        let _plugin = proxy.load(RULES);
        proxy.as_model().unwrap().shared_data().into_keys().collect()
    };
    for key in &keys {
        let shapes: [(&str, fn(&[u8]) -> Vec<u8>); 12] = [
            ("removed", |_| vec![]),
            ("one byte", |_| vec![1]),
            ("short", |value| value[..value.len() - 8].to_vec()),
            ("odd", |value| value[..value.len() - 1].to_vec()),
            ("long", |value| [value, &[0xff; 200]].concat()),
            ("ff", |value| vec![0xff; value.len()]),
            ("zeros", |value| vec![0; value.len()]),
            ("zeros 24", |_| vec![0; 24]),
            ("text", |_| b"some other module's value".to_vec()),
            ("huge", |_| vec![0x41; 100_000]),
            ("first flipped", |value| { let mut v = value.to_vec(); v[7] ^= 0x80; v }),
            ("last flipped", |value| { let mut v = value.to_vec(); *v.last_mut().unwrap() ^= 0x80; v }),
        ];
        for (name, shape) in shapes {
            let outcome = run(|proxy| {
                let model = proxy.as_model().unwrap();
                let value = model.shared_data()[key].clone();
                model.set_shared_data(key, &shape(&value));
            });
            println!("{} {name}: {outcome:?}", key.escape_ascii());
        }
        for other in &keys {
            let outcome = run(|proxy| {
                let model = proxy.as_model().unwrap();
                let value = model.shared_data()[other].clone();
                model.set_shared_data(key, &value);
            });
            println!("{} := {}: {outcome:?}", key.escape_ascii(), other.escape_ascii());
        }
    }
    let start = std::time::Instant::now();
    run(|_| ());
    println!("{:?}, none: {:?}", start.elapsed(), run(|_| ()));
}
