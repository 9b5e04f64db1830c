//! A TCP upstream that records what it receives, and responds once the client half-closes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

/// The response, unless a test sets another.
pub const RESPONSE: &[u8] = b"got it";

/// A listening recorder.
pub struct Recorder {
    address: SocketAddr,
    response: Arc<Mutex<(Vec<Vec<u8>>, Duration)>>,
    connections: Mutex<Receiver<Vec<u8>>>,
    accepted: Arc<AtomicUsize>,
}

impl Recorder {
    /// Starts a recorder on a free port.
    ///
    /// # Errors
    /// Loopback has no free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (sender, connections) = channel();
        let response = Arc::new(Mutex::new((vec![RESPONSE.to_vec()], Duration::ZERO)));
        let responses = Arc::clone(&response);
        let accepted = Arc::new(AtomicUsize::new(0));
        let arrived = Arc::clone(&accepted);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                arrived.fetch_add(1, Ordering::Relaxed);
                let (sender, (chunks, pause)) = (sender.clone(), lock(&responses).clone());
                std::thread::spawn(move || sender.send(serve(connection, &chunks, pause)));
            }
        });
        Ok(Self { address, response, connections: Mutex::new(connections), accepted })
    }

    /// Sets the response to later connections: these chunks, with a pause after each.
    pub fn set_response(&self, chunks: &[&[u8]], pause: Duration) {
        *lock(&self.response) = (chunks.iter().map(|chunk| chunk.to_vec()).collect(), pause);
    }

    /// Returns the address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the number of connections so far, those included that have not ended.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Waits for the next connection to end, and returns all its bytes.
    ///
    /// # Errors
    /// No connection ends within ten seconds.
    pub fn next(&self) -> Result<Vec<u8>> {
        next(&lock(&self.connections))
    }

    /// Runs a client that opens one connection, and returns its result and all bytes of the connection. Other threads
    /// that share the recorder wait.
    ///
    /// # Errors
    /// The client fails, or no connection ends within ten seconds.
    pub fn record<T>(&self, client: impl FnOnce() -> Result<T>) -> Result<(T, Vec<u8>)> {
        let connections = lock(&self.connections);
        let result = client()?;
        Ok((result, next(&connections)?))
    }
}

fn next(connections: &Receiver<Vec<u8>>) -> Result<Vec<u8>> {
    let timeout = Duration::from_secs(10);
    connections.recv_timeout(timeout).context("no connection ended at the upstream within ten seconds")
}

fn serve(mut connection: TcpStream, response: &[Vec<u8>], pause: Duration) -> Vec<u8> {
    let mut bytes = Vec::new();
    _ = connection.read_to_end(&mut bytes);
    for chunk in response {
        _ = connection.write_all(chunk);
        std::thread::sleep(pause);
    }
    bytes
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends chunks, half-closes, and returns all bytes that arrive until the peer closes.
///
/// # Errors
/// The connection fails, or nothing arrives for ten seconds.
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
    let mut response = Vec::new();
    connection.read_to_end(&mut response).context("no response after the half-close")?;
    Ok(response)
}
