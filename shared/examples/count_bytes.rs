//! Handles TCP in both directions: counts bytes, appends a line to what the upstream sends, and closes
//! connections on which the client sends `quit`.

use proxy_filter::prelude::*;

pub struct CountBytes {
    connections: Counter,
}

#[derive(Default)]
pub struct Connection {
    from_client: usize,
    from_upstream: usize,
}

impl Filter for CountBytes {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self { connections: Counter::define("count_bytes.connections")? })
    }
}

impl TcpFilter for CountBytes {
    type Connection = Connection;
}

impl OnDownstreamData for CountBytes {
    fn on_downstream_data(
        &self,
        connection: &mut Connection,
        chunk: &mut Chunk,
    ) -> Result<TcpFlow, HostError> {
        connection.from_client = connection.from_client.saturating_add(chunk.len());
        // The word may be split across two chunks. This finds it only in one chunk.
        Ok(if chunk.bytes()?.trim_ascii() == b"quit" { TcpFlow::Close } else { TcpFlow::Continue })
    }
}

impl OnUpstreamData for CountBytes {
    fn on_upstream_data(&self, connection: &mut Connection, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
        connection.from_upstream = connection.from_upstream.saturating_add(chunk.len());
        if chunk.end_of_stream() {
            chunk.append(b"bye\n")?;
        }
        Ok(TcpFlow::Continue)
    }
}

impl OnConnectionEnd for CountBytes {
    fn on_connection_end(&self, connection: &mut Connection) {
        self.connections.increment(1);
        log::info!("{} bytes up, {} down", connection.from_client, connection.from_upstream);
    }
}

proxy_filter::tcp_filter!(CountBytes: DownstreamData, UpstreamData, ConnectionEnd);
