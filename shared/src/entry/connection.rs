//! One TCP connection and its phases.

use std::rc::Rc;

use super::{HostAction, TcpEntry};
use crate::sys::{self, BufferType, HostError, StreamType};
use crate::tcp::{Chunk, TcpFilter, TcpFlow};

/// One TCP connection.
#[derive(Debug)]
pub struct Connection<F: TcpFilter> {
    filter: Option<Rc<F>>,
    connection: F::Connection,
}

impl<F: TcpEntry> Connection<F> {
    pub(super) fn new(filter: Option<Rc<F>>) -> Self {
        Self { filter, connection: F::Connection::default() }
    }

    /// Runs the phase for a client that has connected.
    pub fn new_connection(&mut self) -> HostAction {
        let Some(filter) = &self.filter else { return unconfigured() };
        act_on("new connection", filter.new_connection(&mut self.connection))
    }

    /// Runs the phase for `size` bytes from the client.
    pub fn downstream_data(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        let Some(filter) = &self.filter else { return unconfigured() };
        let mut chunk = Chunk::new(BufferType::DownstreamData, size, end_of_stream);
        act_on("data from the client", filter.downstream_data(&mut self.connection, &mut chunk))
    }

    /// Runs the phase for `size` bytes from the upstream.
    pub fn upstream_data(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        let Some(filter) = &self.filter else { return unconfigured() };
        let mut chunk = Chunk::new(BufferType::UpstreamData, size, end_of_stream);
        act_on("data from the upstream", filter.upstream_data(&mut self.connection, &mut chunk))
    }

    /// Runs the phase for the end of the connection.
    pub fn end(&mut self) {
        if let Some(filter) = &self.filter {
            filter.connection_end(&mut self.connection);
        }
    }
}

fn act_on(phase: &str, flow: Result<TcpFlow, HostError>) -> HostAction {
    match flow {
        Ok(TcpFlow::Continue) => HostAction::Continue,
        Ok(TcpFlow::Hold) => HostAction::Stop,
        Ok(TcpFlow::Close) => {
            if let Err(reason) = sys::close_stream(StreamType::Downstream) {
                log::error!("{phase}: the host did not close the connection: {reason}");
            }
            HostAction::Stop
        }
        Err(reason) => close(phase, reason),
    }
}

fn unconfigured() -> HostAction {
    log::error!("a connection was opened before any configuration was accepted; closing it");
    act_on("data", Ok(TcpFlow::Close))
}

/// Closes a connection whose data the filter could not process, because it may be partly edited.
fn close(phase: &str, reason: HostError) -> HostAction {
    log::error!("{phase}: {reason}; closing the connection");
    act_on(phase, Ok(TcpFlow::Close))
}
