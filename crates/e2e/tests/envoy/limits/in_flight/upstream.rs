//! An upstream that is slow, and counts the requests that it has at once.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use harness::upstream;

use super::MOST;

/// How long a response to `/slow` takes.
const DELAY: Duration = Duration::from_millis(100);

/// How often a connection is polled.
const POLL: Duration = Duration::from_micros(200);

/// How long Envoy may take from the end of a request to the close of its connection to the upstream.
const CLOSING: Duration = Duration::from_millis(50);

/// How long to wait for requests to arrive or to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    in_flight: Arc<InFlight>,
}

/// The requests in flight, shared by the threads of connections.
#[derive(Default)]
struct InFlight(Mutex<Requests>);

/// The requests in flight, each with its connection.
#[derive(Default)]
struct Requests {
    open: BTreeMap<u64, TcpStream>,
    arrived: u64,
    /// The most that were open at once.
    peak: usize,
}

impl Requests {
    /// Returns the number of requests whose connection Envoy has not closed.
    fn count(&self) -> usize {
        let is_open = |connection: &&TcpStream| match connection.peek(&mut [0]) {
            Ok(size) => size > 0,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        };
        self.open.values().filter(is_open).count()
    }
}

impl Upstream {
    pub(super) fn start() -> Result<Self> {
        let in_flight = Arc::<InFlight>::default();
        let serving = Arc::clone(&in_flight);
        Ok(Self { address: upstream::start(move |connection| serving.serve(connection))?, in_flight })
    }

    /// Returns the most requests that were there at once.
    pub(super) fn peak(&self) -> usize {
        self.in_flight.lock().peak
    }

    /// Returns the number of requests that are there.
    pub(super) fn count(&self) -> usize {
        self.in_flight.lock().count()
    }

    /// Waits until no requests are there.
    pub(super) fn wait_until_idle(&self) -> Result<()> {
        let start = Instant::now();
        while self.count() > 0 {
            ensure!(start.elapsed() < PATIENCE, "{} requests have not ended", self.count());
            std::thread::sleep(POLL);
        }
        Ok(())
    }
}

impl InFlight {
    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves the requests of a connection until it closes.
    fn serve(&self, mut connection: TcpStream) -> Result<()> {
        connection.set_nonblocking(true)?;
        loop {
            let head = read_head(&mut connection)?;
            let number = self.arrived(connection.try_clone()?);
            let path = head.split(' ').nth(1).unwrap_or_default();
            let end = Instant::now().checked_add(DELAY);
            // Until the response is due or the connection closes.
            let is_due = || !path.starts_with("/hang") && end.is_some_and(|end| Instant::now() >= end);
            let is_open = loop {
                match connection.peek(&mut [0]) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Ok(size) if size > 0 => {}
                    _ => break false,
                }
                if is_due() {
                    break true;
                }
                std::thread::sleep(POLL);
            };
            self.lock().open.remove(&number);
            if !is_open {
                return Ok(());
            }
            match path {
                "/reset" => return Ok(()),
                "/cut" => {
                    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc")?;
                    return Ok(());
                }
                _ => connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?,
            }
        }
    }

    /// Counts a request, and returns its number.
    fn arrived(&self, connection: TcpStream) -> u64 {
        let mut requests = self.lock();
        requests.arrived = requests.arrived.saturating_add(1);
        let (number, start) = (requests.arrived, Instant::now());
        requests.open.insert(number, connection);
        let mut count = requests.count();
        // A request that has ended counts until Envoy closes its connection, which is a moment later.
        while count > MOST && start.elapsed() < CLOSING {
            std::thread::sleep(POLL);
            count = requests.count();
        }
        requests.peak = requests.peak.max(count);
        number
    }
}

fn read_head(connection: &mut TcpStream) -> Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match connection.read(&mut byte) {
            Ok(0) => bail!("closed"),
            Ok(_) => head.extend_from_slice(&byte),
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(POLL),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
