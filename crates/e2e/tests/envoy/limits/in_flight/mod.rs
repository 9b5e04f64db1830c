//! Requests in flight: never above the limit, and always given back.

mod upstream;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use harness::Envoy;
use harness::absent::Absent;
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;
use harness::http::{Request, receive};
use serde_json::{Value, json};

use upstream::{PATIENCE, Upstream};

/// Requests that clients abandon.
const RESETS: usize = 10_000;

/// Clients that send at once.
const CLIENTS: usize = 24;

/// Requests that may be in flight.
const MOST: usize = 10;

/// How long a place may take to be given back after the client or the upstream has seen the request end: less than a second, when a
/// worker tries again what has failed.
const GIVEN_BACK: Duration = Duration::from_millis(500);

/// How long to wait before looking again.
const POLL: Duration = Duration::from_millis(2);

/// The longest time, in microseconds, after which a client abandons its request.
const STAY: u64 = 8_000;

/// Clients close their connections before, while and after Envoy reads the request, waits for the upstream, and reads the
/// response.
pub(super) fn resets(_: &Fixture) -> Result<()> {
    let upstream = Upstream::start()?;
    let configuration = format!(
        r#"{{"rules": [{{"name": "at-once", "key": [{{"client_ip": {{}}}}], "concurrency": {MOST}}}]}}"#
    );
    let bootstrap = Bootstrap::default().cluster("slow", upstream.address).http(
        "limited",
        &[built::filter("rate-limit", &configuration)],
        "slow",
    );
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    let (start, left) = (Instant::now(), Arc::new(AtomicUsize::new(RESETS)));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let left = Arc::clone(&left);
            std::thread::spawn(move || abandon(address, &left, u64::try_from(client)?))
        })
        .collect();
    for client in clients {
        client.join().map_err(|_| anyhow!("a client panicked"))??;
    }
    upstream.wait_until_idle()?;
    let elapsed = start.elapsed();
    let peak = upstream.peak();
    for _ in 0..2 {
        fill(&upstream, address)?;
    }
    let counter = |name: &str| {
        envoy.count(&format!("wasmcustom.rate_limit.{name}.filter.limited-rate-limit.rule.at-once"))
    };
    // Workers report their counts once a second.
    std::thread::sleep(Duration::from_secs(2));
    let (allowed, limited, contention) = (counter("allowed")?, counter("limited")?, counter("contention")?);
    let used = envoy.workers_used("limited")?;
    println!(
        "rate-limit: {RESETS} resets by {CLIENTS} clients in {elapsed:.1?}, {used} workers: {allowed} allowed, at most {peak} at \
         once, {limited} limited, {contention} refused for contention"
    );
    ensure!(used == 2, "{used} of 2 workers accepted connections");
    ensure!(peak == MOST, "{peak} requests at once, expected {MOST}");
    ensure!(upstream.peak() == MOST, "{} requests at once afterwards, expected {MOST}", upstream.peak());
    ensure!(limited > 0, "the clients sent too few requests at once");
    Ok(())
}

/// Sends requests and closes their connections at a random time, until none are left. Limited requests do not count.
fn abandon(address: SocketAddr, left: &AtomicUsize, seed: u64) -> Result<()> {
    const HEAD: &[u8] = b"GET /slow HTTP/1.1\r\nhost: a.example\r\n\r\n";
    let mut random = fastrand::Rng::with_seed(seed);
    while left.load(Ordering::Relaxed) > 0 {
        let mut connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        let sent = match random.u8(..10) {
            0 => HEAD.get(..20).unwrap_or_default(),
            _ => HEAD,
        };
        connection.write_all(sent)?;
        match random.u8(..20) {
            // Stays until the response.
            0 if sent == HEAD => _ = receive(&mut connection)?,
            _ => std::thread::sleep(Duration::from_micros(random.u64(..STAY))),
        }
        connection.set_nonblocking(true)?;
        let mut response = [0; 12];
        let is_limited = connection.read(&mut response).is_ok() && response.ends_with(b"429");
        if !is_limited {
            _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        }
    }
    Ok(())
}

/// Sends as many requests as may be in flight, one more, and abandons them.
fn fill(upstream: &Upstream, address: SocketAddr) -> Result<()> {
    let held = hold(upstream, address, "GET /hang HTTP/1.1\r\nhost: a.example\r\n\r\n", MOST)?;
    let more = Request::get("/slow").send(address)?;
    ensure!(more.status == 429, "one more than {MOST} requests got status {}", more.status);
    drop(held);
    upstream.wait_until_idle()
}

/// Sends requests that the upstream does not answer, until it has this many. Sends one again that is limited, because the place of
/// one that has ended is not given back yet.
fn hold(upstream: &Upstream, address: SocketAddr, request: &str, count: usize) -> Result<Vec<TcpStream>> {
    let (start, mut held) = (Instant::now(), Vec::<TcpStream>::new());
    while upstream.count() != count {
        held.retain(|connection| connection.peek(&mut [0]).is_err());
        while held.len() < count {
            let mut connection = TcpStream::connect(address)?;
            connection.write_all(request.as_bytes())?;
            connection.set_nonblocking(true)?;
            held.push(connection);
        }
        ensure!(start.elapsed() < PATIENCE, "{} of {count} requests reach the upstream", upstream.count());
        std::thread::sleep(POLL);
    }
    Ok(held)
}

/// However a stream ends, its place is given back.
pub(super) fn endings(_: &Fixture) -> Result<()> {
    let (upstream, absent) = (Upstream::start()?, Absent::new()?);
    let to = |path: &str, cluster: &str| -> Value {
        json!({"match": {"prefix": path}, "route": {"cluster": cluster, "timeout": "1s",
               "upgrade_configs": [{"upgrade_type": "websocket"}],
               "retry_policy": {"retry_on": "5xx", "num_retries": 2}}})
    };
    let routes = [
        json!({"match": {"prefix": "/direct"}, "direct_response": {"status": 418}}),
        json!({"match": {"prefix": "/redirect"}, "redirect": {"path_redirect": "/"}}),
        to("/unreachable", "unreachable"),
        to("/", "slow"),
    ];
    let one = built::filter("rate-limit", r#"{"rules": [{"name": "one", "key": [], "concurrency": 1}]}"#);
    // Replies after rate-limit has allowed the request.
    let none = built::filter(
        "rate-limit",
        r#"{"rules": [{"key": [], "limit": 1, "period": "1d", "burst": 1, "when": {"path": {"prefix": "/none"}}}],
            "reply": {"status": 403}}"#,
    )
    .named("after", "after");
    let bootstrap = Bootstrap::default()
        .cluster("slow", upstream.address)
        .cluster("unreachable", absent.address)
        .routed("limited", &[one, none], &routes);
    let envoy = Envoy::start(&bootstrap)?;
    let address = envoy.address("limited")?;
    for (path, status) in [
        ("/slow", 200),
        ("/direct", 418),
        ("/redirect", 301),
        ("/unreachable", 503),
        ("/reset", 503),
        ("/hang", 504),
        ("/none", 200),
        ("/none", 403),
        ("/missing-host", 400),
        ("/slow", 200),
    ] {
        let response = match path {
            "/missing-host" => send_until_admitted(address, "GET / HTTP/1.1\r\n\r\n")?,
            _ => send_until_admitted(address, &format!("GET {path} HTTP/1.1\r\nhost: a.example\r\n\r\n"))?,
        };
        ensure!(response.starts_with(&format!("HTTP/1.1 {status}")), "{path}, expected {status}: {response}");
    }
    // The upstream closes its connection in the middle of the response.
    let cut = send_until_admitted(address, "GET /cut HTTP/1.1\r\nhost: a.example\r\n\r\n")?;
    ensure!(cut.starts_with("HTTP/1.1 200"), "{cut}");
    let slow = "GET /slow HTTP/1.1\r\nhost: a.example\r\n\r\n";
    send_until_admitted(address, slow).context("after a response that was cut")?;
    let upgrade =
        "GET /hang HTTP/1.1\r\nhost: a.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let upgraded = hold(&upstream, address, upgrade, 1)?;
    ensure!(sent(address, slow)?.starts_with("HTTP/1.1 429"), "an upgrade is not counted");
    drop(upgraded);
    upstream.wait_until_idle()?;
    send_until_admitted(address, slow).context("after an upgrade that was closed")?;
    Ok(())
}

/// Sends a request until it is not limited, and returns the response.
fn send_until_admitted(address: SocketAddr, request: &str) -> Result<String> {
    let start = Instant::now();
    loop {
        let response = sent(address, request)?;
        if !response.starts_with("HTTP/1.1 429") {
            return Ok(response);
        }
        ensure!(start.elapsed() < GIVEN_BACK, "a request that has ended still counts");
        std::thread::sleep(POLL);
    }
}

/// Sends a request, and returns what the first read of the response gives.
fn sent(address: SocketAddr, request: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address)?;
    connection.write_all(request.as_bytes())?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = vec![0; 4096];
    let size = connection.read(&mut bytes)?;
    Ok(String::from_utf8_lossy(bytes.get(..size).unwrap_or_default()).into_owned())
}
