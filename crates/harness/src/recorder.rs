//! A TCP upstream that records what reaches it and answers when the client is done.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

/// What the recorder answers once the client has half-closed, unless told otherwise.
pub const ANSWER: &[u8] = b"got it";

/// A listening recorder.
pub struct Recorder {
    address: SocketAddr,
    answer: Arc<Mutex<(Vec<Vec<u8>>, Duration)>>,
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
        let answer = Arc::new(Mutex::new((vec![ANSWER.to_vec()], Duration::ZERO)));
        let answers = Arc::clone(&answer);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (sender, (chunks, pause)) = (sender.clone(), lock(&answers).clone());
                std::thread::spawn(move || sender.send(record(connection, &chunks, pause)));
            }
        });
        Ok(Self { address, answer, connections: Mutex::new(connections) })
    }

    /// Answers from the next connection on with these chunks, with time in between.
    pub fn set_answer(&self, chunks: &[&[u8]], pause: Duration) {
        *lock(&self.answer) = (chunks.iter().map(|chunk| chunk.to_vec()).collect(), pause);
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
        let connections = lock(&self.connections);
        connections.recv_timeout(Duration::from_secs(10)).context("no connection ended at the upstream")
    }
}

fn record(mut connection: TcpStream, answer: &[Vec<u8>], pause: Duration) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = connection.read_to_end(&mut bytes);
    for chunk in answer {
        _ = connection.write_all(chunk);
        std::thread::sleep(pause);
    }
    bytes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
