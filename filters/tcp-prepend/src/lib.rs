//! Puts bytes before what a client sends to the upstream.
//!
//! Hazard: nothing can be sent before the client's first byte. A server that waits for the prefix before
//! it greets its clients waits for ever.

mod config;

use proxy_filter::prelude::*;

/// The filter: what goes before the client's bytes.
#[derive(Debug)]
pub struct TcpPrepend {
    payload: Vec<u8>,
    every_chunk: bool,
}

/// What a connection remembers.
#[derive(Debug, Default)]
pub struct Connection {
    sent: bool,
}

impl Filter for TcpPrepend {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration)
    }
}

impl TcpFilter for TcpPrepend {
    type Connection = Connection;
}

impl OnDownstreamData for TcpPrepend {
    fn on_downstream_data(
        &self,
        connection: &mut Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        if chunk.is_empty() || connection.sent && !self.every_chunk {
            return Ok(TcpFlow::Continue);
        }
        // Before the call: were it to fail after the host had written, a second try would write twice.
        connection.sent = true;
        chunk.prepend(&self.payload)?;
        proxy_filter::debug!("{} bytes put before a chunk of {}", self.payload.len(), chunk.len());
        Ok(TcpFlow::Continue)
    }
}

proxy_filter::tcp_filter!(TcpPrepend: DownstreamData);
