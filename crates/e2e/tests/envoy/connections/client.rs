//! A client of a server that speaks first.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::upstream::GREETING;

/// The longest time that Envoy may take to close a connection.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What became of a connection.
pub(super) enum Opened {
    /// The server's greeting is there, and not read.
    Greeted(TcpStream),
    /// Envoy closed the connection.
    Closed,
    /// Envoy reset the connection.
    Reset,
}

/// Opens a connection and waits until the server has spoken or Envoy has closed it. Sends nothing before.
pub(super) fn open(address: SocketAddr) -> Result<Opened> {
    open_with(address, b"")
}

/// Opens a connection and sends bytes at once.
pub(super) fn open_with(address: SocketAddr, first: &[u8]) -> Result<Opened> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(TIMEOUT))?;
    if let Err(error) = connection.write_all(first) {
        return closed(&error);
    }
    match connection.peek(&mut [0]) {
        Ok(0) => Ok(Opened::Closed),
        Ok(_) => Ok(Opened::Greeted(connection)),
        Err(error) => closed(&error),
    }
}

fn closed(error: &std::io::Error) -> Result<Opened> {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Ok(Opened::Reset),
        kind => bail!("the connection failed: {kind}"),
    }
}

impl Opened {
    pub(super) fn is_greeted(&self) -> bool {
        matches!(self, Self::Greeted(_))
    }

    /// Returns a connection whose greeting is read.
    pub(super) fn greeted(self) -> Result<TcpStream> {
        let Self::Greeted(mut connection) = self else { bail!("the connection was limited") };
        let mut greeting = vec![0; GREETING.len()];
        connection.read_exact(&mut greeting).context("the greeting")?;
        ensure!(greeting == GREETING, "greeted with {}", greeting.escape_ascii());
        Ok(connection)
    }
}
