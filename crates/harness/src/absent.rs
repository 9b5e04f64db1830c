//! Servers that are not there.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use anyhow::{Context, Result};

/// An address of loopback at which nothing listens, as long as this exists: that of a client. An address that was merely free a
/// moment ago may be another test's by now.
#[derive(Debug)]
pub struct Absent {
    /// The address.
    pub address: SocketAddr,
    _ends: [TcpStream; 2],
}

impl Absent {
    /// Reserves an address.
    ///
    /// # Errors
    /// Loopback has no free port.
    pub fn new() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("loopback has no free port")?;
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (server, _) = listener.accept()?;
        Ok(Self { address: client.local_addr()?, _ends: [client, server] })
    }
}
