//! An upstream for the rows that need one. It runs in this process and replies 200 to every request, with the path that it
//! received.

use std::net::SocketAddr;

use anyhow::Result;
use harness::upstream::{self, answer};

/// The response header with the request's target.
pub(crate) const TARGET_HEADER: &str = "x-target";

/// Starts an upstream, which runs until this process ends.
///
/// # Errors
/// Loopback has no free port.
pub(crate) fn start() -> Result<SocketAddr> {
    upstream::start(|connection| {
        answer(connection, |request| {
            let target = request.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{TARGET_HEADER}: ");
            [head.as_bytes(), target, b"\r\n\r\n"].concat()
        })
    })
}
