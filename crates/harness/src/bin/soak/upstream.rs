//! An upstream for a part of the requests, which keeps its connections open.

use std::io::{Read, Write};
use std::net::SocketAddr;

use anyhow::Result;
use harness::upstream::{answer, start};

/// The body of responses, which rate-limit-body reads.
const BODY: &str = r#"{"usage": {"total_tokens": 3}}"#;

/// Starts an HTTP upstream, which runs until this process ends.
///
/// # Errors
/// Loopback has no free port.
pub(crate) fn http() -> Result<SocketAddr> {
    let headers =
        "content-type: application/json\r\nx-cost: 2\r\nset-cookie: id=1; Path=/; Domain=a.internal";
    let response = format!("HTTP/1.1 200 OK\r\n{headers}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    start(move |connection| answer(connection, |_| response.clone().into_bytes()))
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
