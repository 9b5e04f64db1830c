//! A TCP upstream that records what reaches it and answers when the client is done.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

/// What the recorder answers once the client has half-closed.
pub const ANSWER: &[u8] = b"got it";

/// A listening recorder.
pub struct Recorder {
    address: SocketAddr,
    connections: Mutex<Receiver<Vec<u8>>>,
}

impl Recorder {
    /// Starts one on a free port.
    ///
    /// # Errors
    /// Loopback has no free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, connections) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || sender.send(record(connection)));
            }
        });
        Ok(Self { address, connections: Mutex::new(connections) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All bytes of the next connection that ended.
    ///
    /// # Errors
    /// None ended within ten seconds.
    pub fn next(&self) -> Result<Vec<u8>> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connections.recv_timeout(Duration::from_secs(10)).context("no connection ended at the upstream")
    }
}

fn record(mut connection: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = connection.read_to_end(&mut bytes);
    _ = connection.write_all(ANSWER);
    bytes
}

/// Sends chunks, half-closes, and returns what comes back until the peer closes.
///
/// # Errors
/// The connection fails or nothing comes for ten seconds.
pub fn send(address: SocketAddr, chunks: &[&[u8]], pause: Duration) -> Result<Vec<u8>> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    for (index, chunk) in chunks.iter().enumerate() {
        if index > 0 {
            std::thread::sleep(pause);
        }
        connection.write_all(chunk)?;
    }
    connection.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).context("no answer after the half-close")?;
    Ok(answer)
}
