//! Upstreams that serve one connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

/// The longest time that a read or write may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A thread and what it returns.
pub(super) type Running<T> = JoinHandle<Result<T>>;

/// Starts an upstream that runs `with` on its only connection.
pub(super) fn serve<T: Send + 'static>(
    with: impl FnOnce(TcpStream) -> Result<T> + Send + 'static,
) -> Result<(SocketAddr, Running<T>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    Ok((address, thread::spawn(move || with(patient(listener.accept()?.0)?))))
}

/// Starts an upstream that closes its connection once the received bytes end with `end`, and returns them.
pub(super) fn until(end: Vec<u8>) -> Result<(SocketAddr, Running<Vec<u8>>)> {
    serve(move |mut connection| {
        let (mut received, mut part) = (Vec::new(), [0; 4096]);
        while !received.ends_with(&end) {
            match connection.read(&mut part)? {
                0 => return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into()),
                size => received.extend_from_slice(part.get(..size).unwrap_or_default()),
            }
        }
        Ok(received)
    })
}

/// Starts an upstream that greets its client once it has read `bytes` bytes, and returns all it reads.
pub(super) fn greet_after(bytes: usize) -> Result<(SocketAddr, Running<Vec<u8>>)> {
    serve(move |mut connection| {
        let mut heard = vec![0; bytes];
        connection.read_exact(&mut heard)?;
        connection.write_all(b"220 hello\r\n")?;
        connection.read_to_end(&mut heard)?;
        Ok(heard)
    })
}

/// Sets the timeouts of a connection.
pub(super) fn patient(connection: TcpStream) -> Result<TcpStream> {
    connection.set_read_timeout(Some(TIMEOUT))?;
    connection.set_write_timeout(Some(TIMEOUT))?;
    Ok(connection)
}

/// Waits for a thread and returns its result.
pub(super) fn ended<T>(thread: Running<T>, who: &'static str) -> Result<T> {
    thread.join().map_err(|_| anyhow!("{who} panicked"))?.context(who)
}
