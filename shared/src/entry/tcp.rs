//! One TCP connection and its phases.

use std::rc::Rc;

use super::{HostAction, PluginEntry};
use crate::error;
use crate::sys::{self, Buffer, HostError, Side};
use crate::tcp::{Chunk, TcpFilter, TcpFlow};

/// The TCP phases a filter registered; [`tcp_filter!`](crate::tcp_filter) implements it. A phase that
/// is not registered does nothing.
#[allow(unused_variables, clippy::missing_errors_doc, reason = "the phases' traits document both")]
pub trait TcpEntry: TcpFilter + PluginEntry {
    /// See [`OnDownstreamData`](crate::tcp::OnDownstreamData).
    fn downstream_data(
        &self,
        connection: &mut Self::Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        Ok(TcpFlow::Continue)
    }
    /// See [`OnUpstreamData`](crate::tcp::OnUpstreamData).
    fn upstream_data(
        &self,
        connection: &mut Self::Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        Ok(TcpFlow::Continue)
    }
    /// See [`OnConnectionEnd`](crate::tcp::OnConnectionEnd).
    fn connection_end(&self, connection: &mut Self::Connection) {}
}

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

    /// `size` bytes have arrived from the client.
    pub fn downstream_data(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        let Some(filter) = &self.filter else { return unconfigured() };
        let mut chunk = Chunk::new(Buffer::DownstreamData, size, end_of_stream);
        go_on("data from the client", filter.downstream_data(&mut self.connection, &mut chunk))
    }

    /// `size` bytes have arrived from the upstream.
    pub fn upstream_data(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        let Some(filter) = &self.filter else { return unconfigured() };
        let mut chunk = Chunk::new(Buffer::UpstreamData, size, end_of_stream);
        go_on("data from the upstream", filter.upstream_data(&mut self.connection, &mut chunk))
    }

    /// The connection is closed.
    pub fn end(&mut self) {
        if let Some(filter) = &self.filter {
            filter.connection_end(&mut self.connection);
        }
    }
}

fn go_on(phase: &str, flow: Result<TcpFlow, HostError>) -> HostAction {
    match flow {
        Ok(TcpFlow::Continue) => HostAction::Continue,
        Ok(TcpFlow::Close) => {
            if let Err(reason) = sys::close_stream(Side::Downstream) {
                error!("{phase}: the host did not close the connection: {reason}");
            }
            HostAction::Stop
        }
        Err(reason) => close(phase, reason),
    }
}

fn unconfigured() -> HostAction {
    error!("a connection came before any configuration was accepted; closing it");
    go_on("data", Ok(TcpFlow::Close))
}

/// A stream that the filter could not do its work on must not go on half done.
fn close(phase: &str, reason: HostError) -> HostAction {
    error!("{phase}: {reason}; closing the connection");
    go_on(phase, Ok(TcpFlow::Close))
}
