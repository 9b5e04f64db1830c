//! TCP connections through a real Envoy that stay open.

use std::cell::RefCell;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;

use anyhow::{Context, Result};

use super::running::Running;
use super::wire::PAUSE;

/// A connection that is open until this is dropped.
pub struct EnvoyConnection<'a> {
    running: &'a RefCell<Running>,
    connection: Option<TcpStream>,
    pub(crate) is_open: bool,
}

impl<'a> EnvoyConnection<'a> {
    /// Waits a little to see whether Envoy closes the connection.
    pub(super) fn new(running: &'a RefCell<Running>, mut connection: TcpStream) -> Result<Self> {
        connection.set_read_timeout(Some(PAUSE.saturating_mul(3)))?;
        let is_open = match connection.read(&mut [0]) {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => true,
                ErrorKind::ConnectionReset => false,
                _ => return Err(error).context("the connection failed"),
            },
        };
        Ok(Self { running, connection: Some(connection), is_open })
    }
}

impl Drop for EnvoyConnection<'_> {
    fn drop(&mut self) {
        drop(self.connection.take());
        if self.is_open {
            // The upstream records the connection once the client's end has reached it. Envoy then ends it for the filter.
            _ = self.running.borrow().recorder.next();
            std::thread::sleep(PAUSE);
        }
    }
}
