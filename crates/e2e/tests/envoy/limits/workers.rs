//! One limit shared by several workers.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::load::{self, Batch, Counts};

use crate::route::direct_response;

const REQUESTS: usize = 30_000;

/// Connections that send at once: enough for every worker to get some.
const CONNECTIONS: usize = 50;

/// Tokens that come back in a second.
const LIMIT: u32 = 200;

/// Initial tokens.
const BURST: u32 = 5000;

/// Sends all requests for one key. The bucket was empty when the last limited request was sent, so of the tokens until then at least
/// 99% must be used. Slow clients may leave later tokens unused.
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
                load::send_in_batches(address, std::iter::repeat_n("192.0.2.1".to_owned(), share))
            })
        })
        .collect();
    let mut batches = Vec::new();
    for sender in senders {
        batches.extend(sender.join().map_err(|_| anyhow::anyhow!("a client panicked"))??);
    }
    let sum = |batches: &mut dyn Iterator<Item = &Batch>| {
        batches.fold(Counts::default(), |sum, batch| sum.plus(batch.counts))
    };
    let counts = sum(&mut batches.iter());
    let limited = batches.iter().filter(|batch| batch.counts.limited > 0);
    let empty = limited.map(|batch| batch.sent_at).max().context("no request was limited")?;
    let admitted_until_empty = sum(&mut batches.iter().filter(|batch| batch.sent_at <= empty)).ok as f64;
    let seconds_until = |then: Instant| then.saturating_duration_since(start).as_secs_f64();
    let tokens_until = |then| f64::from(BURST) + seconds_until(then) * f64::from(LIMIT);
    let end = Instant::now();
    let contention = envoy.count("wasmcustom.rate_limit.contention.filter.limited-rate-limit.rule.all")?;
    let used = envoy.workers_used("limited")?;
    let (admitted, most, least) = (counts.ok as f64, tokens_until(end), 0.99 * tokens_until(empty));
    println!(
        "rate-limit: {used} workers admitted {} of {} requests in {:.2} s, expected {least:.0} to {most:.0}; \
         {contention} refused for contention",
        counts.ok,
        counts.total(),
        seconds_until(end)
    );
    ensure!(used == usize::try_from(workers)?, "{used} of {workers} workers accepted connections");
    ensure!(counts.other == 0, "{counts:?}");
    ensure!(admitted <= most, "{admitted} requests passed, expected at most {most:.0}");
    ensure!(
        admitted_until_empty >= least,
        "{admitted_until_empty} requests had passed when the last one was limited, expected at least {least:.0}"
    );
    Ok(())
}
