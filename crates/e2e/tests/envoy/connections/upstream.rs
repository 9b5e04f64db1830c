//! An upstream that speaks first, and counts the connections that it has at once.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

/// What it says to every client.
pub(super) const GREETING: &[u8] = b"220 hello\r\n";

/// Asks it to close the connection.
pub(super) const CLOSE: &[u8] = b"q";

/// Asks it to reset the connection.
pub(super) const RESET: &[u8] = b"r";

/// How often it looks for new connections.
const POLL: Duration = Duration::from_micros(200);

/// How long to wait for connections to arrive or to end.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    connections: Arc<Mutex<Connections>>,
}

#[derive(Default)]
struct Connections {
    open: Vec<TcpStream>,
    /// All that ever arrived.
    arrived: usize,
}

impl Upstream {
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let upstream = Self { address: listener.local_addr()?, connections: Arc::default() };
        let running = upstream.clone();
        std::thread::spawn(move || {
            loop {
                running.lock().poll(&listener);
                std::thread::sleep(POLL);
            }
        });
        Ok(upstream)
    }

    /// Returns how many connections have arrived.
    pub(super) fn arrived(&self) -> usize {
        self.lock().arrived
    }

    /// Waits until this many connections are there.
    pub(super) fn wait_for(&self, connections: usize) -> Result<()> {
        let start = Instant::now();
        while self.lock().open.len() != connections {
            let open = self.lock().open.len();
            ensure!(start.elapsed() < PATIENCE, "{open} connections, expected {connections}");
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// Accepts new connections, and removes those that have ended.
    fn poll(&mut self, listener: &TcpListener) {
        while let Ok((mut connection, _)) = listener.accept() {
            self.arrived = self.arrived.saturating_add(1);
            let greeted = connection.set_nonblocking(true).and_then(|()| connection.write_all(GREETING));
            self.open.extend(greeted.ok().map(|()| connection));
        }
        self.open.retain_mut(|connection| {
            let mut byte = [0];
            match connection.peek(&mut byte) {
                Ok(0) => false,
                Ok(_) => {
                    // The kernel resets a connection that is closed before all of its bytes are read.
                    if byte == CLOSE {
                        _ = connection.read(&mut byte);
                    }
                    false
                }
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            }
        });
    }
}
