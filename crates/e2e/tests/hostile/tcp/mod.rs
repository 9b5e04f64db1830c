//! TCP filters: whatever bytes clients send, and however they leave, the upstream reads the right address, and every connection is
//! given back.

mod bytes;
mod upstream;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use harness::bootstrap::{Bootstrap, Filter};
use harness::chained;
use harness::{Envoy, recorder};
use socket2::SockRef;

use crate::idle;
use crate::proxy::{AT_ONCE, Failures, LIMITS, WORKERS};
use crate::random;
use bytes::{Part, Sent};
use upstream::Upstream;

/// The longest time until a connection ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a client stays before it leaves.
const STAY: Duration = Duration::from_millis(2);

/// Connections at once.
const THREADS: usize = 12;

/// Connections with random bytes.
const RANDOM: usize = 200;

/// The client's networks, from which a PROXY protocol header is read.
const TRUSTED: &[&str] = &["127.0.0.0/8"];

/// Networks from which no client is.
const UNTRUSTED: &[&str] = &["10.0.0.0/8"];

/// A listener, and what it does with a header that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listener {
    Trusting,
    Distrusting,
    Limited,
    Both,
}

impl Listener {
    const ALL: [Self; 4] = [Self::Trusting, Self::Distrusting, Self::Limited, Self::Both];

    fn name(self) -> &'static str {
        match self {
            Self::Trusting => "trusting",
            Self::Distrusting => "distrusting",
            Self::Limited => "limited",
            Self::Both => "both",
        }
    }

    fn filters(self) -> Vec<Filter> {
        let limit = || chained::rate_limit_tcp(LIMITS);
        match self {
            Self::Trusting => vec![chained::tcp_prepend(TRUSTED)],
            Self::Distrusting => vec![chained::tcp_prepend(UNTRUSTED)],
            Self::Limited => vec![limit()],
            Self::Both => vec![limit(), chained::tcp_prepend(UNTRUSTED)],
        }
    }

    fn limits(self) -> bool {
        matches!(self, Self::Limited | Self::Both)
    }
}

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
    for listener in Listener::ALL {
        let address = envoy.address(listener.name())?;
        all.extend(kinds.iter().map(|kind| (listener, address, kind)));
    }
    let (next, seen) = (AtomicUsize::new(0), Mutex::new((BTreeMap::new(), Vec::new())));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some((listener, address, kind)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let checked = kind.check(*listener, *address);
                    let (counts, failures) = &mut *seen.lock().unwrap_or_else(PoisonError::into_inner);
                    match checked {
                        Ok(what) => *counts.entry(what).or_insert(0) += 1,
                        Err(error) => failures.push(format!("{}, {}: {error:#}", listener.name(), kind.name)),
                    }
                }
            });
        }
    });
    let (counts, failures) = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let first = failures.get(..failures.len().min(8)).unwrap_or_default();
    ensure!(failures.is_empty(), "{} of {}: {first:#?}", failures.len(), all.len());
    Ok(counts)
}

impl Sent {
    /// Sends the bytes, and compares what the upstream got with what it should. Returns what became of the connection.
    fn check(&self, listener: Listener, address: SocketAddr) -> Result<&'static str> {
        let mut connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        let client = connection.local_addr()?;
        for part in &self.parts {
            if connection.write_all(part).is_err() {
                break;
            }
            std::thread::sleep(self.pause);
        }
        match self.leaves {
            Part::ToTheEnd => {}
            Part::Resets => {
                std::thread::sleep(STAY);
                SockRef::from(&connection).set_linger(Some(Duration::ZERO))?;
                return Ok("reset");
            }
            Part::Leaves => return Ok("left"),
        }
        _ = connection.shutdown(Shutdown::Write);
        let mut arrived = Vec::new();
        match connection.read_to_end(&mut arrived) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => return Err(error.into()),
            _ => {}
        }
        self.expect(listener, client, address, &arrived)
    }

    /// Compares what the upstream got.
    fn expect(
        &self,
        listener: Listener,
        client: SocketAddr,
        to: SocketAddr,
        arrived: &[u8],
    ) -> Result<&'static str> {
        let sent = self.parts.concat();
        match listener {
            Listener::Limited => {
                ensure!(arrived == sent, "{} bytes arrived, {} were sent", arrived.len(), sent.len());
                Ok("as sent")
            }
            _ if sent.is_empty() => {
                ensure!(arrived.is_empty(), "nothing was sent, and {} arrived", shown(arrived));
                Ok("empty")
            }
            Listener::Distrusting | Listener::Both => {
                let (addresses, rest) = bytes::read(arrived)?;
                ensure!(addresses == Some([client, to]), "{addresses:?} instead of {client}, {to}");
                ensure!(rest == sent, "after the header: {}", shown(rest));
                Ok("with the right address")
            }
            Listener::Trusting => match &self.claims {
                None => {
                    ensure!(
                        arrived.is_empty(),
                        "a connection that should be closed brought {}",
                        shown(arrived)
                    );
                    Ok("closed")
                }
                Some(claimed) => {
                    let (addresses, rest) = bytes::read(arrived)?;
                    let expected = claimed.addresses.unwrap_or([client, to]);
                    ensure!(addresses == Some(expected), "{addresses:?} instead of {expected:?}");
                    ensure!(rest == claimed.rest, "after the header: {}", shown(rest));
                    Ok("with the claimed address")
                }
            },
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 120;
    bytes.get(..MOST).unwrap_or(bytes).escape_ascii().to_string()
}

/// Opens as many connections as fit, and one more, twice.
fn expect_places(envoy: &Envoy, upstream: &Upstream, listener: Listener, address: SocketAddr) -> Result<()> {
    for _ in 0..2 {
        idle::wait(envoy, &format!("listener.{}.downstream_cx_active", listener.name()))?;
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
