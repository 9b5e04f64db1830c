//! One limit, several workers.

use std::time::Instant;

use anyhow::{Result, ensure};
use e2e::lab::Lab;
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::load::{self, Counts};

use super::answered;

const REQUESTS: usize = 100_000;

/// Connections that send at once, so that every worker has some.
const CONNECTIONS: usize = 50;

/// Tokens per second, and at once.
const LIMIT: u32 = 1000;
const BURST: u32 = 500;

/// A hundred thousand requests on one key: what passes is the burst and what came back in their time, but for one in
/// a hundred.
pub(super) fn exact(_: &Lab, workers: u32) -> Result<()> {
    let configuration = format!(
        r#"{{"rules": [{{"name": "all", "key": [], "limit": {LIMIT}, "period": "1s", "burst": {BURST}}}], "reply": {{"body": ""}}}}"#
    );
    let limit = [Filter::new("rate-limit", &configuration)];
    let bootstrap =
        Bootstrap::default().workers(workers).trusted_hops(1).routed("limited", &limit, &[answered()]);
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
        counts = counts.and(sent?);
        ends.push(end.saturating_duration_since(start).as_secs_f64());
    }
    let contention = envoy.stat("wasmcustom.rate_limit.all.contention")?.unwrap_or_default();
    let used = envoy.workers_used("limited")?;
    let longest = ends.iter().copied().fold(0.0, f64::max);
    let most = f64::from(BURST) + longest * f64::from(LIMIT);
    let admitted = counts.ok as f64;
    println!(
        "{used} workers: {} of {} requests in {longest:.2} s, {most:.0} at most, {contention} for contention",
        counts.ok,
        counts.all()
    );
    ensure!(used == usize::try_from(workers)?, "only {used} of {workers} workers took part");
    ensure!(counts.other == 0, "{counts:?}");
    ensure!(admitted <= most, "{admitted} were admitted, {most:.0} at most should be");
    ensure!(admitted >= 0.99 * most, "{admitted} were admitted, {most:.0} could be");
    Ok(())
}
