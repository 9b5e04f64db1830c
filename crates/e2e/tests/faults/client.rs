//! Clients whose requests and connections stay open, and what they see.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::Envoy;

use crate::upstream::{NAME, Upstream, WAIT};
use crate::variant::TRAP;

/// How long Envoy may take for anything that it does at once.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Longer than Envoy takes to tell all clients of a worker.
const MOMENT: Duration = Duration::from_millis(300);

/// How often something is looked at.
const POLL: Duration = Duration::from_millis(2);

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Http,
    Tcp,
}

/// What a client sees of its request or connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It waits at the upstream.
    Open,
    /// The status of a response.
    Status(String),
    /// Its connection is closed, without a response.
    Closed,
}

/// A request or connection, and the worker that serves it.
pub(crate) struct Client {
    connection: TcpStream,
    pub(crate) worker: usize,
    pub(crate) seen: Seen,
}

impl Client {
    /// Opens a request, or a connection, that waits at the upstream, unless something refuses it.
    pub(crate) fn open(kind: Kind, envoy: &Envoy, listener: &str, upstream: &Upstream) -> Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let before = accepted(envoy, listener)?;
        let mut connection = TcpStream::connect(envoy.address(listener)?)?;
        connection.set_nodelay(true)?;
        connection.set_nonblocking(true)?;
        let start = Instant::now();
        let worker = loop {
            let after = accepted(envoy, listener)?;
            if let Some(worker) = (0..2).find(|worker| after.get(*worker) > before.get(*worker)) {
                break worker;
            }
            ensure!(start.elapsed() < PATIENCE, "no worker accepts the connection");
            thread::sleep(POLL);
        };
        let [prefix, end] = NAME;
        let hello = match kind {
            Kind::Http => format!(
                "POST {WAIT} HTTP/1.1\r\nhost: a.example\r\nx-name: {prefix}{name}{end}content-length: 100000\r\n\r\n"
            ),
            Kind::Tcp => format!("{prefix}{name}{end}"),
        };
        // A connection that is closed by now may not take it.
        _ = connection.write_all(hello.as_bytes());
        let mut client = Self { connection, worker, seen: Seen::Open };
        while !upstream.saw(&name) && client.look() == Seen::Open {
            ensure!(start.elapsed() < PATIENCE, "nothing happens to a {kind:?} client");
            thread::sleep(POLL);
        }
        Ok(client)
    }

    /// Makes the variant trap that serves this client.
    pub(crate) fn trap(&mut self) -> Result<()> {
        Ok(self.connection.write_all(&[b'x'; TRAP])?)
    }

    /// Returns what the client sees by now.
    pub(crate) fn look(&mut self) -> Seen {
        let mut part = [0; 4096];
        if self.seen == Seen::Open {
            self.seen = match self.connection.read(&mut part) {
                Ok(0) => Seen::Closed,
                Ok(size) => {
                    let text = String::from_utf8_lossy(part.get(..size).unwrap_or_default()).into_owned();
                    Seen::Status(text.split(' ').nth(1).unwrap_or_default().to_owned())
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => Seen::Open,
                Err(_) => Seen::Closed,
            };
        }
        self.seen.clone()
    }

    /// Returns what the client sees a moment later.
    pub(crate) fn settled(&mut self) -> Seen {
        thread::sleep(MOMENT);
        self.look()
    }

    /// Waits until the client is no longer open.
    pub(crate) fn end(&mut self) -> Result<Seen> {
        let start = Instant::now();
        while self.look() == Seen::Open {
            ensure!(start.elapsed() < PATIENCE, "a client is still open");
            thread::sleep(POLL);
        }
        Ok(self.seen.clone())
    }
}

/// Returns how many connections each worker has accepted.
fn accepted(envoy: &Envoy, listener: &str) -> Result<Vec<u64>> {
    (0..2)
        .map(|worker| {
            Ok(envoy.stat(&format!("listener.{listener}.worker_{worker}.downstream_cx_total"))?.unwrap_or(0))
        })
        .collect()
}
