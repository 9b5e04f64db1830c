//! Generates load: sends many requests on few connections and counts the responses.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// Requests sent before their responses are read. Envoy would treat the responses to more as a flood.
const BATCH: usize = 2;

/// Responses by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// 200.
    pub ok: u64,
    /// 429.
    pub limited: u64,
    /// Any other status.
    pub other: u64,
}

/// Requests that were sent at once, and the responses.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// When they were sent.
    pub sent_at: Instant,
    /// The responses.
    pub counts: Counts,
}

impl Counts {
    /// Returns the sum.
    pub fn total(self) -> u64 {
        self.ok.saturating_add(self.limited).saturating_add(self.other)
    }

    /// Adds two counts.
    #[must_use]
    pub fn plus(self, more: Self) -> Self {
        Self {
            ok: self.ok.saturating_add(more.ok),
            limited: self.limited.saturating_add(more.limited),
            other: self.other.saturating_add(more.other),
        }
    }
}

/// Sends one GET per client over one connection, with the client in `x-forwarded-for` as a proxy would. Responses must
/// have no body.
///
/// # Errors
/// The connection fails, or closes before all responses arrive.
pub fn send(address: SocketAddr, clients: impl Iterator<Item = String>) -> Result<Counts> {
    let batches = send_in_batches(address, clients)?;
    Ok(batches.into_iter().fold(Counts::default(), |sum, batch| sum.plus(batch.counts)))
}

/// Sends requests as [`send`] does, and says when.
///
/// # Errors
/// Same as [`send`].
pub fn send_in_batches(address: SocketAddr, clients: impl Iterator<Item = String>) -> Result<Vec<Batch>> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (mut batches, mut clients) = (Vec::new(), clients.peekable());
    while clients.peek().is_some() {
        let batch: Vec<_> = clients.by_ref().take(BATCH).collect();
        let requests: String = batch
            .iter()
            .map(|client| format!("GET / HTTP/1.1\r\nhost: a.example\r\nx-forwarded-for: {client}\r\n\r\n"))
            .collect();
        let sent_at = Instant::now();
        connection.write_all(requests.as_bytes())?;
        batches.push(Batch { sent_at, counts: receive(&mut connection, batch.len())? });
    }
    Ok(batches)
}

/// Reads `number` responses.
fn receive(connection: &mut TcpStream, number: usize) -> Result<Counts> {
    const END: &[u8] = b"\r\n\r\n";
    let (mut bytes, mut part, mut seen, mut counts) = (Vec::new(), [0; 64 * 1024], 0, Counts::default());
    while seen < number {
        let size = match connection.read(&mut part) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Err(error).context("no response within the read timeout")?
            }
            size => size?,
        };
        ensure!(size > 0, "the connection closed after {seen} of {number} responses");
        bytes.extend_from_slice(part.get(..size).unwrap_or_default());
        while let Some(end) = bytes.windows(END.len()).position(|window| window == END) {
            match bytes.get(..12) {
                Some(b"HTTP/1.1 200") => counts.ok = counts.ok.saturating_add(1),
                Some(b"HTTP/1.1 429") => counts.limited = counts.limited.saturating_add(1),
                _ => counts.other = counts.other.saturating_add(1),
            }
            bytes.drain(..end.saturating_add(END.len()));
            seen = seen.saturating_add(1);
        }
    }
    Ok(counts)
}
