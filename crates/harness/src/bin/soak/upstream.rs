//! An upstream for a part of the requests, which keeps its connections open.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use anyhow::Result;

/// The body of responses, which rate-limit-body reads.
const BODY: &str = r#"{"usage": {"total_tokens": 3}}"#;

/// Starts an HTTP upstream, which runs until this process ends.
///
/// # Errors
/// Loopback has no free port.
pub(crate) fn http() -> Result<SocketAddr> {
    start(|mut connection| {
        let (mut received, mut part) = (Vec::new(), [0; 16 * 1024]);
        let headers =
            "content-type: application/json\r\nx-cost: 2\r\nset-cookie: id=1; Path=/; Domain=a.internal";
        let response =
            format!("HTTP/1.1 200 OK\r\n{headers}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
        loop {
            let size = connection.read(&mut part)?;
            if size == 0 {
                return Ok(());
            }
            received.extend_from_slice(part.get(..size).unwrap_or_default());
            // Envoy sends the next request after the response.
            if received.ends_with(b"\r\n\r\n") {
                connection.write_all(response.as_bytes())?;
                received.clear();
            }
        }
    })
}

/// Starts a TCP upstream, which sends back what it has read once its client half-closes.
///
/// # Errors
/// Loopback has no free port.
pub(crate) fn tcp() -> Result<SocketAddr> {
    start(|mut connection| {
        let mut received = Vec::new();
        connection.read_to_end(&mut received)?;
        connection.write_all(&received)
    })
}

fn start(serve: fn(TcpStream) -> std::io::Result<()>) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            std::thread::spawn(move || serve(connection));
        }
    });
    Ok(address)
}
