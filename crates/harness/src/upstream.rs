//! Upstreams in this process: each connection has a thread of its own.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::thread;

use anyhow::{Context, Result};

/// Starts an upstream on loopback, which runs `serve` on each connection until this process ends.
///
/// # Errors
/// Loopback has no free port.
pub fn start<T>(serve: impl Fn(TcpStream) -> T + Clone + Send + 'static) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("loopback has no free port")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = serve.clone();
            // Envoy may have closed the connection.
            thread::spawn(move || _ = serve(connection));
        }
    });
    Ok(address)
}

/// Answers requests without bodies until the connection closes. `response` gets a request's line and headers.
///
/// # Errors
/// The connection was reset.
pub fn answer(mut connection: TcpStream, response: impl Fn(&[u8]) -> Vec<u8>) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let (mut received, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let size = connection.read(&mut part)?;
        if size == 0 {
            return Ok(());
        }
        received.extend_from_slice(part.get(..size).unwrap_or_default());
        // Envoy sends the next request after the response.
        if received.ends_with(b"\r\n\r\n") {
            connection.write_all(&response(&received))?;
            received.clear();
        }
    }
}
