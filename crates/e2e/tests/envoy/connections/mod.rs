//! rate-limit-tcp: never more connections than the limit, and each given back.

mod client;
mod peers;
mod places;
mod upstream;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use fastrand::Rng;
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;

use crate::Case;
use client::{Opened, open};
use upstream::{CLOSE, RESET, Upstream};

pub(crate) const TESTS: [Case; 7] = [
    ("ten_thousand_connections_end_in_every_way_and_are_given_back", endings),
    ("clients_open_exactly_as_many_connections_as_their_rate", rate),
    ("a_connection_that_times_out_is_given_back", places::idle),
    ("a_connection_without_an_upstream_is_given_back", places::unreachable),
    ("connections_are_limited_before_the_tls_handshake", places::tls),
    ("connections_are_limited_before_the_http_connection_manager", places::http),
    ("connections_count_for_the_client_that_the_proxy_protocol_names", places::proxy_protocol),
];

pub(crate) use peers::listeners;

pub(crate) const WITH_CURL: [Case; 1] =
    [("curl_is_refused_while_another_connection_is_open", peers::one_at_a_time)];

const CONNECTIONS: usize = 10_000;

/// Clients that connect at once.
const CLIENTS: usize = 24;

/// Connections that may be open.
const MOST: usize = 10;

/// What the clients saw.
#[derive(Default)]
struct Seen {
    /// Connections between their greeting and the time at which the client, or what it sends, ends them. The upstream cannot count
    /// them: Envoy closes its own connection a moment later.
    open: AtomicUsize,
    /// The most that were open at once.
    peak: AtomicUsize,
    /// Limited connections that Envoy closed, and those that it reset.
    closed: AtomicUsize,
    reset: AtomicUsize,
}

fn endings(_: &Fixture) -> Result<()> {
    let upstream = Upstream::start()?;
    let configuration = format!(r#"{{"rules": [{{"name": "at-once", "concurrency": {MOST}}}]}}"#);
    let envoy = start(&configuration, upstream.address)?;
    let address = envoy.address("limited")?;
    let (start, left, seen) =
        (Instant::now(), Arc::new(AtomicUsize::new(CONNECTIONS)), Arc::<Seen>::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (left, seen) = (Arc::clone(&left), Arc::clone(&seen));
            std::thread::spawn(move || come_and_go(address, &left, &seen, u64::try_from(client)?))
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| anyhow!("a client panicked"))??;
    }
    upstream.wait_for(0)?;
    let (elapsed, peak) = (start.elapsed(), seen.peak.load(Ordering::SeqCst));
    for _ in 0..2 {
        fill(&upstream, address)?;
    }
    // Workers report their counts once a second.
    std::thread::sleep(Duration::from_secs(2));
    let counter = |name: &str| {
        envoy.count(&format!("wasmcustom.rate_limit_tcp.{name}.filter.limited-rate-limit-tcp.rule.at-once"))
    };
    let (allowed, limited, contention) = (counter("allowed")?, counter("limited")?, counter("contention")?);
    let used = envoy.workers_used("limited")?;
    println!(
        "rate-limit-tcp: {CONNECTIONS} connections of {CLIENTS} clients in {elapsed:.1?}, {used} workers: {allowed} allowed, at most \
         {peak} at once, {limited} limited ({} closed, {} reset), {contention} refused for contention",
        seen.closed.load(Ordering::Relaxed),
        seen.reset.load(Ordering::Relaxed)
    );
    ensure!(used == 2, "{used} of 2 workers accepted connections");
    ensure!(peak == MOST, "{peak} connections at once, expected {MOST}");
    ensure!(limited > 0, "the clients opened too few connections at once");
    ensure!(u64::try_from(upstream.arrived())? <= allowed, "a limited connection reached the upstream");
    Ok(())
}

impl Seen {
    /// Counts a connection as open for this time.
    fn stay(&self, time: Duration) {
        let open = self.open.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        self.peak.fetch_max(open, Ordering::SeqCst);
        std::thread::sleep(time);
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

fn start(configuration: &str, upstream: SocketAddr) -> Result<Envoy> {
    let filters = [built::filter("rate-limit-tcp", configuration)];
    Envoy::start(&Bootstrap::default().cluster("greeter", upstream).tcp("limited", &filters, "greeter"))
}

/// Opens connections and ends each in one of several ways, until none are left. Limited connections do not count.
fn come_and_go(address: SocketAddr, left: &AtomicUsize, seen: &Seen, seed: u64) -> Result<()> {
    let mut random = Rng::with_seed(seed);
    while left.load(Ordering::Relaxed) > 0 {
        let ending = random.u8(..10);
        if ending == 0 {
            // Leaves before Envoy has accepted it, or just after.
            drop(TcpStream::connect(address)?);
            continue;
        }
        let opened = open(address)?;
        let limited = match opened {
            Opened::Greeted(_) => None,
            Opened::Closed => Some(&seen.closed),
            Opened::Reset => Some(&seen.reset),
        };
        if let Some(limited) = limited {
            limited.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
            continue;
        }
        end(opened, ending, Duration::from_micros(random.u64(..4000)), seen)?;
        _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    }
    Ok(())
}

/// Ends a connection after a while: either side closes or resets it.
fn end(opened: Opened, ending: u8, after: Duration, seen: &Seen) -> Result<()> {
    let request = match ending {
        // The kernel resets a connection that is closed before all of its bytes are read.
        1..=2 => {
            seen.stay(after);
            return Ok(());
        }
        3..=4 => CLOSE,
        5..=6 => RESET,
        _ => b"",
    };
    let mut connection = opened.greeted()?;
    seen.stay(after);
    if !request.is_empty() {
        connection.write_all(request)?;
        ensure!(!matches!(connection.read(&mut [0]), Ok(1)), "the upstream did not end the connection");
    }
    Ok(())
}

/// Opens as many connections as may be open, and one more.
fn fill(upstream: &Upstream, address: SocketAddr) -> Result<()> {
    let held = (0..MOST).map(|_| open(address)?.greeted()).collect::<Result<Vec<_>>>()?;
    upstream.wait_for(MOST)?;
    ensure!(!open(address)?.is_greeted(), "one more than {MOST} connections are open");
    drop(held);
    upstream.wait_for(0)
}

fn rate(_: &Fixture) -> Result<()> {
    const PER_SECOND: u32 = 50;
    const BURST: u32 = 20;
    let upstream = Upstream::start()?;
    let configuration =
        format!(r#"{{"rules": [{{"limit": {PER_SECOND}, "period": "1s", "burst": {BURST}}}]}}"#);
    let envoy = start(&configuration, upstream.address)?;
    let address = envoy.address("limited")?;
    let start = Instant::now();
    let clients: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(move || {
                let mut allowed = 0_u32;
                while start.elapsed() < Duration::from_secs(3) {
                    allowed = allowed.saturating_add(open(address)?.is_greeted().into());
                }
                Ok::<_, anyhow::Error>(allowed)
            })
        })
        .collect();
    let mut allowed = 0_u32;
    for client in clients {
        allowed = allowed.saturating_add(client.join().map_err(|_| anyhow!("a client panicked"))??);
    }
    let seconds = start.elapsed().as_secs_f64();
    let most = f64::from(BURST) + f64::from(PER_SECOND) * seconds;
    let used = envoy.workers_used("limited")?;
    println!("rate-limit-tcp: {allowed} connections in {seconds:.2} s, at most {most:.1}, {used} workers");
    ensure!(used == 2, "{used} of 2 workers accepted connections");
    ensure!(f64::from(allowed) <= most, "{allowed} connections, at most {most} expected");
    ensure!(f64::from(allowed) >= most * 0.8, "{allowed} connections of {most}");
    ensure!(usize::try_from(allowed)? == upstream.arrived(), "{} reached the upstream", upstream.arrived());
    Ok(())
}
