//! Envoy is replaced while it runs (a hot restart), drains, is told to end, or loses a listener, with requests and connections in
//! flight.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::bootstrap::{Bootstrap, Filter};
use harness::http::Request;
use harness::suite::Case;
use harness::{Envoy, built, free_address};
use serde_json::{Value, json};

use crate::client::{Client, Kind, PATIENCE, Seen};
use crate::upstream::{SLOW, Upstream};

pub(crate) const TESTS: [Case; 3] = [
    ("a_hot_restart_loses_no_request_and_allows_twice_the_burst_at_most", hot_restart),
    ("a_drain_loses_no_request_and_envoy_ends_with_requests_in_flight", drain),
    ("a_listener_that_is_removed_gives_its_places_back", removal),
];

/// Tokens of the bucket, which gets none back while the test runs.
const BURST: usize = 5;

/// Requests, or connections, that may be in flight.
const AT_ONCE: usize = 2;

const KINDS: [(Kind, &str); 2] = [(Kind::Http, "at-once"), (Kind::Tcp, "tcp")];

/// How long the old Envoy of a hot restart goes on.
const PARENT: Duration = Duration::from_secs(3);

fn limiter() -> Filter {
    built::filter("rate-limit", &json!({"rules": [{"key": [], "concurrency": AT_ONCE}]}).to_string())
}

/// A bucket, and two limits of what is in flight, each in a listener.
fn bootstrap(upstream: &Upstream) -> Bootstrap {
    let rate = json!({"rules": [{"key": [], "limit": BURST, "period": "1h"}]});
    let connections = json!({"rules": [{"key": [], "concurrency": AT_ONCE}]});
    let direct = [json!({"match": {"prefix": "/"}, "direct_response": {"status": 200}})];
    Bootstrap::default()
        .cluster("upstream", upstream.address)
        .routed("rate", &[built::filter("rate-limit", &rate.to_string())], &direct)
        .http("at-once", &[limiter()], "upstream")
        .http("unlimited", &[], "upstream")
        .tcp("tcp", &[built::filter("rate-limit-tcp", &connections.to_string())], "upstream")
}

fn hot_restart() -> Result<()> {
    let upstream = Upstream::start()?;
    let bootstrap = bootstrap(&upstream);
    let ports = (0..4).map(|_| Ok(free_address()?.port())).collect::<Result<Vec<_>>>()?;
    let mut base_id = None;
    let parent = Envoy::start_under(&bootstrap, |directory, command| {
        base_id = Some(directory.join("base-id"));
        restartable(directory, command, &ports, &["--use-dynamic-base-id"])
    })?;
    let base_id = fs::read_to_string(base_id.context("Envoy has a directory")?)?;
    ensure!(allowed(&parent)? == BURST, "the first Envoy does not limit");
    let held = KINDS.map(|(kind, listener)| fill(kind, &parent, listener, &upstream));
    let mut held: Vec<_> = held.into_iter().collect::<Result<_>>()?;
    ensure!(
        held.iter().all(|held| held.len() == AT_ONCE),
        "the first Envoy does not limit what is in flight"
    );

    let (ended, address) = (AtomicBool::new(false), parent.address("unlimited")?);
    let (child, sent, slow) = thread::scope(|scope| {
        let slow = scope.spawn(move || Request::get(SLOW).send(address).map(|response| response.status));
        let others = scope.spawn(|| send_until(&ended, || Ok(Request::get("/").send(address)?.status)));
        let epoch = ["--restart-epoch", "1", "--base-id", base_id.trim()];
        let child = Envoy::start_under(&bootstrap, |directory, command| {
            restartable(directory, command, &ports, &epoch)
        });
        let start = Instant::now();
        let wait = || -> Result<Envoy> {
            let child = child?;
            ensure!(allowed(&child)? == BURST, "the second Envoy does not allow a burst");
            for (kind, listener) in KINDS {
                let more = fill(kind, &child, listener, &upstream)?.len();
                ensure!(more == AT_ONCE, "{more} more are in flight in the second Envoy");
            }
            for (held, (kind, _)) in held.iter_mut().zip(KINDS) {
                let seen = held.iter_mut().map(Client::end).collect::<Result<Vec<_>>>()?;
                let when = start.elapsed();
                println!(
                    "hot restart: {kind:?} clients of the first Envoy see {seen:?} {when:.1?} after the second is ready"
                );
            }
            Ok(child)
        };
        let child = wait();
        ended.store(true, Ordering::Relaxed);
        let join = |_| anyhow::anyhow!("a client panicked");
        Ok::<_, anyhow::Error>((child?, others.join().map_err(join)??, slow.join().map_err(join)??))
    })?;
    println!("hot restart: {sent} requests during it got 200, one that was in flight {slow}");
    ensure!(slow == 200, "a request in flight got {slow}");
    for (kind, listener) in KINDS {
        let more = until(AT_ONCE, || Ok(fill(kind, &child, listener, &upstream)?.len()))?;
        ensure!(more == AT_ONCE, "{more} in flight in the second Envoy alone");
    }
    Ok(())
}

/// Changes the command of an Envoy, and its configuration, so that another can take over its listeners.
fn restartable(directory: &Path, command: &Command, ports: &[u16], options: &[&str]) -> Result<Command> {
    let file = directory.join("envoy.json");
    let mut configuration: Value = serde_json::from_slice(&fs::read(&file)?)?;
    let listeners = configuration.pointer_mut("/static_resources/listeners").and_then(Value::as_array_mut);
    for (listener, port) in listeners.context("listeners")?.iter_mut().zip(ports) {
        *listener.pointer_mut("/address/socket_address/port_value").context("a port")? = (*port).into();
    }
    fs::write(&file, configuration.to_string())?;
    let mut restartable = Command::new(command.get_program());
    restartable
        .args(command.get_args().filter(|argument| *argument != "--disable-hot-restart"))
        .args(options)
        .args(["--parent-shutdown-time-s", &PARENT.as_secs().to_string(), "--base-id-path"])
        .arg(directory.join("base-id"));
    Ok(restartable)
}

fn drain() -> Result<()> {
    let upstream = Upstream::start()?;
    let envoy = Envoy::start(&bootstrap(&upstream))?;
    let address = envoy.address("at-once")?;
    let slow = thread::spawn(move || Request::get(SLOW).send(address).map(|response| response.status));
    let mut held = Vec::new();
    for (kind, listener) in KINDS {
        held.push(Client::open(kind, &envoy, listener, &upstream)?);
    }
    let start = Instant::now();
    let request = Request { method: "POST".into(), ..Request::get("/drain_listeners?graceful") };
    request.header("content-length", "0").send(envoy.admin())?;
    while Request::get("/").send(address).is_ok() {
        ensure!(start.elapsed() < PATIENCE, "Envoy does not drain");
        thread::sleep(Duration::from_millis(20));
    }
    println!("drain: no connections are accepted after {:.1?}", start.elapsed());
    let slow = slow.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
    ensure!(slow == 200, "a request in flight got {slow}");
    ensure!(held.iter_mut().all(|client| client.look() == Seen::Open), "a drain ends what is in flight");
    let end = Instant::now();
    let kill = Command::new("kill").args(["-TERM", &envoy.id().to_string()]).status()?;
    ensure!(kill.success(), "kill: {kill}");
    let seen = held.iter_mut().map(Client::end).collect::<Result<Vec<_>>>()?;
    envoy.wait_for_log("main dispatch loop exited")?;
    println!("SIGTERM: what is in flight sees {seen:?} within {:.1?}", end.elapsed());
    let log = envoy.log();
    for wrong in ["Uncaught", "Segmentation", "assert failure"] {
        ensure!(!log.contains(wrong), "{wrong} when Envoy ends");
    }
    Ok(())
}

/// Two listeners share a rule, and one of them is removed.
fn removal() -> Result<()> {
    let upstream = Upstream::start()?;
    let http =
        |bootstrap: Bootstrap, name: &str| bootstrap.http(name, &[limiter().named("the", "the")], "upstream");
    let one = http(Bootstrap::default().cluster("upstream", upstream.address), "stays");
    let envoy = Envoy::start_watching(&http(one.clone(), "goes"))?;
    let mut held = Client::open(Kind::Http, &envoy, "goes", &upstream)?;
    ensure!(
        fill(Kind::Http, &envoy, "stays", &upstream)?.len() == AT_ONCE - 1,
        "the listeners share no rule"
    );
    let start = Instant::now();
    envoy.reload(&one)?;
    let seen = held.end()?;
    let back = until(AT_ONCE, || Ok(fill(Kind::Http, &envoy, "stays", &upstream)?.len()))?;
    println!(
        "removed listener: what is in flight sees {seen:?}; its place is back after {:.1?}",
        start.elapsed()
    );
    ensure!(back == AT_ONCE, "{back} in flight, expected {AT_ONCE}");
    Ok(())
}

/// Sends as many requests as the bucket allows.
fn allowed(envoy: &Envoy) -> Result<usize> {
    let mut allowed = 0;
    while envoy.send("rate", &Request::get("/"))?.status == 200 {
        allowed += 1;
        ensure!(allowed <= BURST, "{allowed} requests are allowed");
    }
    Ok(allowed)
}

/// Opens clients until one is refused.
fn fill(kind: Kind, envoy: &Envoy, listener: &str, upstream: &Upstream) -> Result<Vec<Client>> {
    let mut held = Vec::new();
    loop {
        let client = Client::open(kind, envoy, listener, upstream)?;
        if client.seen != Seen::Open {
            return Ok(held);
        }
        held.push(client);
        ensure!(held.len() <= AT_ONCE, "{listener}: too many are in flight");
    }
}

/// Looks until there are as many as expected, or for a while.
fn until(expected: usize, look: impl Fn() -> Result<usize>) -> Result<usize> {
    let start = Instant::now();
    loop {
        let seen = look()?;
        if seen == expected || start.elapsed() > PATIENCE {
            return Ok(seen);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Sends requests until it is over. Returns how many there were, all of which got 200.
fn send_until(ended: &AtomicBool, send: impl Fn() -> Result<u16>) -> Result<usize> {
    let mut sent = 0_usize;
    while !ended.load(Ordering::Relaxed) {
        match send() {
            Ok(200) => sent = sent.saturating_add(1),
            other => bail!("request {sent} during the restart: {other:?}"),
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(sent)
}
