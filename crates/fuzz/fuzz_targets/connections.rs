//! rate-limit-tcp decides as an exact reference does, across workers.
//!
//! Every connection is accepted or closed as the reference says: by what its client has opened over time, and has open on all
//! workers. A connection that is closed, or that another rule limits, counts nowhere. Connections from exempt networks do not
//! count.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use fuzz::overlay::Overlay;
use fuzz::rules::{Reference, Rule, Rules};
use libfuzzer_sys::fuzz_target;
use proxy_filter::sys::LogLevel;
use proxy_model::{NativeTcp, Proxy};
use rate_limit_tcp::RateLimitTcp;
use serde_json::json;

const STEPS: usize = 64;
const WORKERS: usize = 2;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    rules: Rules,
    /// Each is two bytes.
    steps: &'a [u8],
}

#[derive(Debug)]
enum Step {
    Open { worker: bool, client: u8, is_exempt: bool },
    Close { which: u8 },
    Wait { milliseconds: u16 },
    WaitLong { seconds: u8 },
}

impl Step {
    fn of([kind, number]: [u8; 2]) -> Self {
        match kind % 16 {
            0..9 => Self::Open { worker: kind & 16 != 0, client: number, is_exempt: number > 240 },
            9..12 => Self::Close { which: number },
            12..15 => Self::Wait { milliseconds: u16::from_le_bytes([number, kind / 16]) },
            _ => Self::WaitLong { seconds: number },
        }
    }
}

/// Addresses of one client: the last two are one network, and the first two one address.
fn address(client: u8) -> &'static str {
    ["192.0.2.1:5000", "[::ffff:192.0.2.1]:5000", "192.0.2.2:1", "[2001:db8::1]:1", "[2001:db8::2]:1"]
        [usize::from(client) % 5]
}

/// The number of the client with this address.
fn key(client: u8) -> u8 {
    [0, 0, 1, 2, 2][usize::from(client) % 5]
}

fuzz_target!(|input: Input<'_>| {
    let rules = input.rules.as_slice();
    let overlay = Overlay::default();
    let proxy = Proxy::new(WORKERS, || overlay.over(NativeTcp::<RateLimitTcp>::default()));
    proxy.set_log_level(LogLevel::Critical);
    let by_client = json!([{"client_ip": {}}]);
    let rule = |(number, rule): (usize, &Rule)| rule.configuration(&format!("r{number}"), &by_client, false);
    let fields: Vec<_> = rules.iter().enumerate().map(rule).collect();
    let configuration = json!({"rules": fields, "exempt": ["10.0.0.0/8"]}).to_string();
    let plugin = proxy.load(configuration, "plugin").unwrap_or_else(|line| panic!("{line}"));
    let mut reference = Reference::new(rules, false);
    let mut open = Vec::new();
    let (steps, _) = input.steps.as_chunks();
    for step in steps.iter().take(STEPS) {
        match Step::of(*step) {
            Step::Open { worker, client, is_exempt } => {
                overlay.set(b"source\0address", if is_exempt { "10.1.2.3:5" } else { address(client) });
                let connection = plugin.hold_tcp(usize::from(worker));
                if is_exempt {
                    assert!(connection.is_open(), "exempt");
                    continue;
                }
                if let Some(counted) = reference.check(key(client), proxy.now(), connection.is_open()) {
                    open.push((connection, counted));
                }
            }
            Step::Close { which } if !open.is_empty() => {
                let (connection, counted) = open.swap_remove(usize::from(which) % open.len());
                drop(connection);
                reference.release(counted, proxy.now(), None);
            }
            Step::Close { .. } => {}
            Step::Wait { milliseconds } => {
                proxy.advance(Duration::from_millis(u64::from(milliseconds) % 3000))
            }
            Step::WaitLong { seconds } => proxy.advance(Duration::from_secs(u64::from(seconds) % 8)),
        }
    }
});
