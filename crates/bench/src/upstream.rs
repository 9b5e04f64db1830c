//! An upstream for the rows that need one. It runs in this process and replies 200 to every request, with the path that it
//! received.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use anyhow::{Context, Result};

/// The response header with the request's target.
pub(crate) const TARGET_HEADER: &str = "x-target";

/// Starts an upstream, which runs until this process ends.
///
/// # Errors
/// Loopback has no free port.
pub(crate) fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("loopback has no free port")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || serve(connection));
        }
    });
    Ok(address)
}

/// Replies to requests without bodies until the connection closes.
fn serve(mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let (mut received, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let size = connection.read(&mut part)?;
        if size == 0 {
            return Ok(());
        }
        received.extend_from_slice(part.get(..size).unwrap_or_default());
        if received.ends_with(b"\r\n\r\n") {
            let target = received.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{TARGET_HEADER}: ");
            connection.write_all(&[head.as_bytes(), target, b"\r\n\r\n"].concat())?;
            received.clear();
        }
    }
}
