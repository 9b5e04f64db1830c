//! Sends a payload before the client's bytes, before the upstream's bytes, or both.
//!
//! Hazard: the filter cannot send anything before a peer's first byte. A server that waits for the payload before it
//! greets its clients waits forever.

mod compile;
mod config;
mod payload;
mod proxy_protocol;

use config::Config;
use payload::{Payload, Rendered, Unavailable};
use proxy_filter::logging::Throttled;
use proxy_filter::metric::Counter;
use proxy_filter::prelude::*;
use proxy_filter::tcp::OnUpstreamData;

/// The filter: what to send before the bytes of each direction.
#[derive(Debug)]
pub struct TcpPrepend {
    to_upstream: Option<Prefix>,
    to_client: Option<Prefix>,
    /// Whether a connection that lacks an attribute continues without the payload. Otherwise it is closed.
    skips_missing: bool,
    /// Whether to send the payload if a peer closes before it has sent a byte.
    sends_on_empty: bool,
    missing: Counter,
}

/// What to send before the bytes of one direction.
#[derive(Debug)]
struct Prefix {
    payload: Payload,
    /// The number of chunks of a connection that get the payload, from the first on.
    chunks: u64,
    /// The direction's name in the configuration.
    field: &'static str,
    misses: Throttled,
}

/// The chunks of a connection, so far, that were due to get a payload.
#[derive(Debug, Default)]
pub struct Connection {
    to_upstream: u64,
    to_client: u64,
}

impl Filter for TcpPrepend {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        Config::parse(configuration)?.try_into()
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
        // Counted before the calls: if one failed after the host had written, a retry would write twice.
        *due = due.saturating_add(1);
        match prefix.payload.render(self.skips_missing)? {
            Ok(Rendered { bytes, omitted }) => {
                omitted.iter().try_for_each(|reason| self.miss(prefix, reason, "the TLV is omitted"))?;
                chunk.prepend(&bytes)?;
                log::debug!("{}: prepended {} bytes", prefix.field, bytes.len());
                Ok(TcpFlow::Continue)
            }
            // A client can choose the length of a value. If the connection continued, the client could send a
            // PROXY protocol header of its own.
            Err(reason @ Unavailable::TooLong(_)) => {
                self.miss(prefix, &reason, "the connection is closed")?;
                Ok(TcpFlow::Close)
            }
            Err(reason) if self.skips_missing => {
                self.miss(prefix, &reason, "the connection continues without the payload")?;
                Ok(TcpFlow::Continue)
            }
            Err(reason) => {
                self.miss(prefix, &reason, "the connection is closed (`on_missing`)")?;
                Ok(TcpFlow::Close)
            }
        }
    }

    fn miss(&self, prefix: &Prefix, reason: &Unavailable, outcome: &str) -> Result<(), HostError> {
        self.missing.increment(1);
        prefix.misses.warn(format_args!("{}: {reason}; {outcome}", prefix.field))
    }
}

proxy_filter::tcp_filter!(TcpPrepend: DownstreamData, UpstreamData);
