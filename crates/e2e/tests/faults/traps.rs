//! The VM of a worker traps while its limiter counts requests or connections in flight, under each failure policy.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::Envoy;
use harness::bootstrap::{Bootstrap, Filter};
use harness::suite::Case;

use crate::client::{Client, Kind, PATIENCE, Seen};
use crate::upstream::Upstream;
use crate::variant::Variant;

pub(crate) const TESTS: [Case; 2] = [
    ("a_trap_in_rate_limit_gives_its_places_back", || run(Kind::Http)),
    ("a_trap_in_rate_limit_tcp_gives_its_places_back", || run(Kind::Tcp)),
];

const POLICIES: [&str; 3] = ["FAIL_CLOSED", "FAIL_OPEN", "FAIL_RELOAD"];

/// Requests or connections that may be in flight.
const MOST: usize = 6;

/// Those of each worker when one traps.
const EACH: usize = 2;

/// How much later than it is gone the places of a worker may come back: the others renew, and so notice, once a second, or later
/// on a busy machine.
const NOTICED: Duration = Duration::from_secs(10);

/// How much earlier: a worker gave its last sign of life up to two seconds before it trapped.
const LAST_SIGN: Duration = Duration::from_secs(2);

/// Between two looks at the same thing.
const BETWEEN: Duration = Duration::from_millis(50);

/// Longer than Envoy waits before it restarts a filter that it has just started: a second and up to half of one more, or longer on
/// a busy machine.
const RESTARTED: Duration = Duration::from_secs(4);

/// Longer than any worker counts as alive.
const GIVES_UP: Duration = Duration::from_secs(40);

fn run(kind: Kind) -> Result<()> {
    let (upstream, variant) = (Upstream::start()?, variant(kind)?);
    let configuration = format!(r#"{{"rules": [{{"name": "at-once", "key": [], "concurrency": {MOST}}}]}}"#);
    let bootstrap = Bootstrap::default().cluster("upstream", upstream.address);
    let bootstrap = POLICIES.into_iter().fold(bootstrap, |bootstrap, policy| {
        let filter = Filter::new("limiter", variant.file(), &configuration).named(policy, policy);
        let filter = [filter.option("failure_policy", policy)];
        match kind {
            Kind::Http => bootstrap.http(policy, &filter, "upstream"),
            Kind::Tcp => bootstrap.tcp(policy, &filter, "upstream"),
        }
    });
    let envoy = Envoy::start(&bootstrap)?;
    thread::scope(|scope| {
        let all = POLICIES.map(|policy| {
            let (envoy, upstream, variant) = (&envoy, &upstream, &variant);
            scope.spawn(move || Trapped { kind, policy, envoy, upstream }.check(variant.gone_after))
        });
        all.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| bail!("a test panicked")))
    })
}

fn variant(kind: Kind) -> Result<Variant> {
    match kind {
        Kind::Http => Variant::that_traps_in("proxy_on_request_body", "rate-limit"),
        Kind::Tcp => Variant::that_traps_in("proxy_on_downstream_data", "rate-limit-tcp"),
    }
}

/// A listener whose limiter traps on one of two workers.
struct Trapped<'a> {
    kind: Kind,
    policy: &'static str,
    envoy: &'a Envoy,
    upstream: &'a Upstream,
}

/// The worker that traps, and the other.
const VICTIM: usize = 0;
const OTHER: usize = 1;

impl Trapped<'_> {
    fn check(&self, gone_after: Duration) -> Result<()> {
        let Self { kind, policy, .. } = *self;
        let mut held = self.hold_on_both()?;
        let trapped_at = Instant::now();
        let [seen, peer] = self.trap(&mut held)?;
        held.retain(|client| client.worker == OTHER);
        let (next, served) = self.next()?;
        println!(
            "{kind:?} {policy}: the one that traps sees {seen:?}, another of its worker {peer:?}, the next {next:?}, \
             served again after {served:.1?}"
        );
        // Envoy does not tell the others: they go on without the filter.
        ensure!([&seen, &peer] == [&self.failed(), &Seen::Open], "{policy}: {seen:?}, {peer:?}");
        match policy {
            "FAIL_CLOSED" => ensure!(next == self.failed() && served.is_none(), "{policy}: {next:?}"),
            "FAIL_OPEN" => ensure!(next == Seen::Open, "{policy}: {next:?}"),
            _ => ensure!(served.is_some_and(|served| served < RESTARTED), "{policy}: {served:?}"),
        }

        // The places of the trapped worker are still taken.
        self.fill(&mut held)?;
        ensure!(
            held.len() == MOST - EACH,
            "{policy}: {} in flight beside the {EACH} that trapped",
            held.len()
        );
        let back = self.until_one_more(trapped_at, &mut held)?;
        self.fill(&mut held)?;
        println!("{kind:?} {policy}: its places are back {back:.1?} after the trap");
        ensure!(
            back + LAST_SIGN > gone_after && back < gone_after + NOTICED,
            "{policy}: back after {back:?}"
        );
        ensure!(held.len() == MOST, "{policy}: {} in flight, expected {MOST}", held.len());
        let at_last = self.open_on(VICTIM)?.seen;
        let expected = match (policy, kind) {
            ("FAIL_CLOSED", _) => self.failed(),
            ("FAIL_OPEN", _) => Seen::Open,
            (_, Kind::Http) => Seen::Status("429".into()),
            (_, Kind::Tcp) => Seen::Closed,
        };
        ensure!(
            at_last == expected,
            "{policy}: with all places taken, {at_last:?} on the worker that trapped"
        );
        ensure!(
            held.iter_mut().all(|client| client.look() == Seen::Open),
            "{policy}: clients of the other worker ended"
        );
        Ok(())
    }

    /// Opens clients until each worker has as many as it is to have.
    fn hold_on_both(&self) -> Result<Vec<Client>> {
        let mut held = Vec::new();
        for worker in [VICTIM, OTHER] {
            for _ in 0..EACH {
                let client = self.open_on(worker)?;
                ensure!(client.seen == Seen::Open, "{}: {:?}", self.policy, client.seen);
                held.push(client);
            }
        }
        Ok(held)
    }

    /// Makes the worker trap through its first client. Returns what that client and another of the worker see.
    fn trap(&self, held: &mut [Client]) -> Result<[Seen; 2]> {
        let mut clients = held.iter_mut().filter(|client| client.worker == VICTIM);
        let first = clients.next().context("a client of the worker")?;
        first.trap()?;
        let (seen, peer) = (first.end()?, clients.next().context("two clients")?.settled());
        Ok([seen, peer])
    }

    /// Returns what a client sees that the filter cannot serve.
    fn failed(&self) -> Seen {
        match self.kind {
            Kind::Http => Seen::Status("503".into()),
            Kind::Tcp => Seen::Closed,
        }
    }

    /// Returns what the next client of the worker sees, and when the worker serves again, if it does.
    fn next(&self) -> Result<(Seen, Option<Duration>)> {
        let start = Instant::now();
        let next = self.open_on(VICTIM)?.seen;
        let mut seen = next.clone();
        while self.policy == "FAIL_RELOAD" && seen != Seen::Open && start.elapsed() < RESTARTED {
            thread::sleep(BETWEEN);
            seen = self.open_on(VICTIM)?.seen;
        }
        Ok((next, (seen == Seen::Open).then(|| start.elapsed())))
    }

    /// Opens a client on this worker. Those that the other worker accepts are closed.
    fn open_on(&self, worker: usize) -> Result<Client> {
        let start = Instant::now();
        loop {
            let client = Client::open(self.kind, self.envoy, self.policy, self.upstream)?;
            if client.worker == worker {
                return Ok(client);
            }
            ensure!(start.elapsed() < PATIENCE, "worker {worker} accepts no connection");
        }
    }

    /// Opens clients on the other worker until it refuses several in a row: the place of a client that has just been closed
    /// comes back a moment later.
    fn fill(&self, held: &mut Vec<Client>) -> Result<()> {
        let mut refused = 0_u32;
        while refused < 3 {
            let client = self.open_on(OTHER)?;
            if client.seen == Seen::Open {
                (refused, _) = (0, held.push(client));
            } else {
                refused = refused.saturating_add(1);
                thread::sleep(BETWEEN);
            }
        }
        Ok(())
    }

    /// Waits until the other worker takes one more. Returns when that was.
    fn until_one_more(&self, since: Instant, held: &mut Vec<Client>) -> Result<Duration> {
        loop {
            let client = self.open_on(OTHER)?;
            if client.seen == Seen::Open {
                held.push(client);
                return Ok(since.elapsed());
            }
            ensure!(since.elapsed() < GIVES_UP, "{}: the places do not come back", self.policy);
            thread::sleep(BETWEEN);
        }
    }
}
