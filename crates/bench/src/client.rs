//! A keep-alive connection that sends one request after the other.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::rows::TARGET;

/// The longest time that a response may take, under a profiler too.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    response: Box<[u8; 16 * 1024]>,
}

impl Connection {
    /// Connects to a listener.
    ///
    /// # Errors
    /// Nothing listens there.
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let request =
            format!("GET {TARGET} HTTP/1.1\r\nhost: a.example\r\nuser-agent: bench\r\naccept: */*\r\n\r\n");
        Ok(Self { stream, request: request.into_bytes(), response: Box::new([0; 16 * 1024]) })
    }

    /// Sends a request and reads its response, which must have no body.
    ///
    /// # Errors
    /// The connection fails, or the status is not 200.
    pub(crate) fn exchange(&mut self) -> Result<()> {
        self.stream.write_all(&self.request)?;
        let mut filled = 0_usize;
        loop {
            let size = self.stream.read(self.response.get_mut(filled..).unwrap_or_default())?;
            ensure!(size > 0, "the connection closed before the end of a response");
            filled = filled.saturating_add(size);
            let response = self.response.get(..filled).unwrap_or_default();
            if response.ends_with(b"\r\n\r\n") {
                let is_ok = response.starts_with(b"HTTP/1.1 200");
                ensure!(is_ok, "expected 200, got {}", String::from_utf8_lossy(response));
                return Ok(());
            }
        }
    }

    /// Sends several requests, each after the response to the one before.
    ///
    /// # Errors
    /// Same as [`exchange`](Self::exchange).
    pub(crate) fn exchange_many(&mut self, requests: u64) -> Result<()> {
        (0..requests).try_for_each(|_| self.exchange())
    }
}
