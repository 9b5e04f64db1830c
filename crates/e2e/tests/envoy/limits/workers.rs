//! One limit shared by several workers.

use std::time::Instant;

use anyhow::{Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::load::{self, Counts};

use crate::route::direct_response;

const REQUESTS: usize = 30_000;

/// Connections that send at once: enough for every worker to get some.
const CONNECTIONS: usize = 50;

/// Tokens that come back in a second.
const LIMIT: u32 = 1000;

/// Initial tokens. Many compared with those that come back meanwhile, so that a client that is slow to read its last
/// response does not change the result.
const BURST: u32 = 5000;

/// Sends all requests for one key. As many must pass as there were tokens, within one percent.
pub(super) fn exact(workers: u32) -> Result<()> {
    let configuration = format!(
        r#"{{"rules": [{{"name": "all", "key": [], "limit": {LIMIT}, "period": "1s", "burst": {BURST}}}], "reply": {{"body": ""}}}}"#
    );
    let limit = [built::filter("rate-limit", &configuration)];
    let bootstrap =
        Bootstrap::default().workers(workers).trusted_hops(1).routed("limited", &limit, &[direct_response()]);
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    let start = Instant::now();
    let senders: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let share = REQUESTS.checked_div(CONNECTIONS).unwrap_or_default();
            std::thread::spawn(move || {
                let sent = load::send(address, std::iter::repeat_n("192.0.2.1".to_owned(), share));
                (sent, Instant::now())
            })
        })
        .collect();
    let (mut counts, mut ends) = (Counts::default(), Vec::new());
    for sender in senders {
        let (sent, end) = sender.join().map_err(|_| anyhow::anyhow!("a client panicked"))?;
        counts = counts.plus(sent?);
        ends.push(end.saturating_duration_since(start).as_secs_f64());
    }
    let contention = envoy.count("wasmcustom.rate_limit.contention.filter.limited-rate-limit.rule.all")?;
    let used = envoy.workers_used("limited")?;
    let elapsed = ends.iter().copied().fold(0.0, f64::max);
    let most = f64::from(BURST) + elapsed * f64::from(LIMIT);
    let admitted = counts.ok as f64;
    println!(
        "rate-limit: {used} workers admitted {} of {} requests in {elapsed:.2} s, at most {most:.0}; {contention} \
         refused for contention",
        counts.ok,
        counts.total()
    );
    ensure!(used == usize::try_from(workers)?, "{used} of {workers} workers accepted connections");
    ensure!(counts.other == 0, "{counts:?}");
    ensure!(admitted <= most, "{admitted} requests passed, expected at most {most:.0}");
    ensure!(admitted >= 0.99 * most, "{admitted} requests passed, expected {most:.0}");
    Ok(())
}
