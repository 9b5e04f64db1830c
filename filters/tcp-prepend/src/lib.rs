//! Puts bytes before what a client sends to the upstream, and before what it sends back.
//!
//! Hazard: nothing can be sent before the client's first byte. A server that waits for the prefix before
//! it greets its clients waits for ever.

mod config;
mod payload;
mod proxy_protocol;

use payload::{Lack, Made, Payload};
use proxy_filter::logging::Throttled;
use proxy_filter::metric::Counter;
use proxy_filter::prelude::*;
use proxy_filter::tcp::OnUpstreamData;

/// The filter: what goes before the bytes of each direction.
#[derive(Debug)]
pub struct TcpPrepend {
    to_upstream: Option<Prefix>,
    to_client: Option<Prefix>,
    /// Whether a connection goes on without a payload that it lacks an attribute of. Else it is closed.
    skips_missing: bool,
    /// Whether a peer that sends nothing is heard with a payload all the same.
    sends_on_empty: bool,
    missing: Counter,
}

/// What goes before the bytes of one direction.
#[derive(Debug)]
struct Prefix {
    payload: Payload,
    /// Chunks of a connection that get it, from the first on.
    chunks: u64,
    /// In the configuration.
    field: &'static str,
    misses: Throttled,
}

/// What a connection remembers: the payloads of each direction that were due so far.
#[derive(Debug, Default)]
pub struct Connection {
    to_upstream: u64,
    to_client: u64,
}

impl Filter for TcpPrepend {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let compiled = config::compile(configuration)?;
        Ok(Self {
            to_upstream: compiled.to_upstream,
            to_client: compiled.to_client,
            skips_missing: compiled.skips_missing,
            sends_on_empty: compiled.sends_on_empty,
            missing: Counter::define("tcp_prepend.missing")?,
        })
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
        self.prepend(self.to_upstream.as_ref(), &mut connection.to_upstream, chunk)
    }
}

impl OnUpstreamData for TcpPrepend {
    fn on_upstream_data(&self, connection: &mut Connection, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
        self.prepend(self.to_client.as_ref(), &mut connection.to_client, chunk)
    }
}

impl TcpPrepend {
    fn prepend(
        &self,
        prefix: Option<&Prefix>,
        due: &mut u64,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        let is_wanted = !chunk.is_empty() || self.sends_on_empty && chunk.end_of_stream() && *due == 0;
        let Some(prefix) = prefix.filter(|prefix| is_wanted && *due < prefix.chunks) else {
            return Ok(TcpFlow::Continue);
        };
        // Before the call: were it to fail after the host had written, a second try would write twice.
        *due = due.saturating_add(1);
        match prefix.payload.make(self.skips_missing)? {
            Ok(Made { bytes, left_out }) => {
                left_out.iter().try_for_each(|lack| self.miss(prefix, lack, "the TLV is left out"))?;
                chunk.prepend(&bytes)?;
                log::debug!("{}: {} bytes put before others", prefix.field, bytes.len());
                Ok(TcpFlow::Continue)
            }
            // What goes on without its preamble could bring one of its own: length is a client's to choose.
            Err(lack @ Lack::TooLong(_)) => {
                self.miss(prefix, &lack, "the connection is closed")?;
                Ok(TcpFlow::Close)
            }
            Err(lack) if self.skips_missing => {
                self.miss(prefix, &lack, "the connection goes on without a payload")?;
                Ok(TcpFlow::Continue)
            }
            Err(lack) => {
                self.miss(prefix, &lack, "the connection is closed (`on_missing`)")?;
                Ok(TcpFlow::Close)
            }
        }
    }

    fn miss(&self, prefix: &Prefix, lack: &Lack, outcome: &str) -> Result<(), HostError> {
        self.missing.increment(1);
        prefix.misses.warn(format_args!("{}: {lack}; {outcome}", prefix.field))
    }
}

proxy_filter::tcp_filter!(TcpPrepend: DownstreamData, UpstreamData);
