//! TCP filters: whatever bytes clients send, and however they leave, the upstream reads the right address, and every connection is
//! given back.

mod bytes;
mod check;
mod listener;
mod pace;
mod upstream;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::recorder;

use crate::at_once;
use crate::idle;
use crate::proxy::{AT_ONCE, Failures, WORKERS};
use crate::random;
use bytes::Sent;
use check::shown;
use listener::Listener;
use pace::Pace;
use upstream::Upstream;

/// Connections at once.
const THREADS: usize = 12;

/// Connections with random bytes.
const RANDOM: usize = 200;

pub(crate) fn connections() -> Result<()> {
    let start = Instant::now();
    let upstream = Upstream::start()?;
    let bootstrap = Bootstrap::default().workers(WORKERS).debug_logs().cluster("upstream", upstream.address);
    let bootstrap = Listener::ALL.into_iter().fold(bootstrap, |bootstrap, listener| {
        bootstrap.tcp(listener.name(), &listener.filters(), "upstream")
    });
    let envoy = Envoy::start(&bootstrap)?;
    let failures = Failures::of(&envoy)?;
    let seed = random::seed();
    println!("hostile: SEED={seed} repeats the random bytes");
    let kinds = bytes::all(&mut Rng::with_seed(seed), RANDOM);
    let counts = send_all(&envoy, &kinds)?;
    for listener in Listener::ALL {
        let address = envoy.address(listener.name())?;
        if listener.limits() {
            expect_places(&envoy, &upstream, listener, address).with_context(|| listener.name())?;
        }
        for _ in 0..20 {
            let clean = bytes::clean();
            clean.check(listener, address).with_context(|| format!("{}: afterwards", listener.name()))?;
        }
        let used = envoy.workers_used(listener.name())?;
        ensure!(
            used == usize::try_from(WORKERS)?,
            "{}: {used} workers accepted connections",
            listener.name()
        );
    }
    failures.expect_none(&envoy)?;
    println!(
        "hostile: {} kinds of connections on {} TCP listeners: {counts:?} in {:.1?}",
        kinds.len(),
        Listener::ALL.len(),
        start.elapsed()
    );
    Ok(())
}

/// Sends each kind to each listener. Returns what became of them.
fn send_all(envoy: &Envoy, kinds: &[Sent]) -> Result<BTreeMap<&'static str, usize>> {
    let mut all = Vec::new();
    let paces = Listener::ALL.map(|_| Pace::default());
    for (listener, pace) in Listener::ALL.into_iter().zip(&paces) {
        let address = envoy.address(listener.name())?;
        all.extend(kinds.iter().map(|kind| (listener, pace, address, kind)));
    }
    let seen = Mutex::new((BTreeMap::new(), Vec::new()));
    at_once::each(&all, THREADS, |(listener, pace, address, kind)| {
        let checked = pace.wait(envoy, *listener).and_then(|()| kind.check(*listener, *address));
        let (counts, failures) = &mut *seen.lock().unwrap_or_else(PoisonError::into_inner);
        match checked {
            Ok(what) => *counts.entry(what).or_insert(0) += 1,
            Err(error) => failures.push(format!("{}, {}: {error:#}", listener.name(), kind.name)),
        }
    });
    for listener in Listener::ALL {
        idle::wait_for_zero(envoy, &format!("listener.{}.downstream_cx_active", listener.name()))?;
    }
    let (counts, failures) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let first = failures.get(..failures.len().min(8)).unwrap_or_default();
    ensure!(failures.is_empty(), "{} of {}: {first:#?}", failures.len(), all.len());
    Ok(counts)
}

/// Opens as many connections as fit, and one more, twice.
fn expect_places(envoy: &Envoy, upstream: &Upstream, listener: Listener, address: SocketAddr) -> Result<()> {
    for _ in 0..2 {
        idle::wait_for_zero(envoy, &format!("listener.{}.downstream_cx_active", listener.name()))?;
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            let mut connection = TcpStream::connect(address)?;
            connection.write_all(b"held")?;
            held.push(connection);
        }
        upstream.wait_for(AT_ONCE)?;
        // A connection over the limit ends before its bytes arrive.
        let arrived = recorder::send(address, &[b"more"], Duration::ZERO).unwrap_or_default();
        ensure!(arrived.is_empty(), "one more than {AT_ONCE} connections are open: {}", shown(&arrived));
        drop(held);
    }
    upstream.wait_for(0)
}
