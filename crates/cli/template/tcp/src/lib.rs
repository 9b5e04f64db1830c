//! Closes connections whose first line is too long.

mod compile;
mod config;
mod line;

use proxy_filter::prelude::*;

use config::Config;
use line::Line;

/// The filter: its configuration, compiled.
#[derive(Debug)]
pub struct MyFilter {
    /// The largest number of bytes of the first line.
    longest: usize,
    closed: Counter,
}

impl Filter for MyFilter {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        Config::parse(configuration)?.try_into()
    }
}

impl TcpFilter for MyFilter {
    type Connection = Line;
}

impl OnDownstreamData for MyFilter {
    fn on_downstream_data(&self, line: &mut Line, chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
        if line.has_ended() {
            return Ok(TcpFlow::Continue);
        }
        line.read(&chunk.bytes()?);
        if line.length() <= self.longest {
            return Ok(TcpFlow::Continue);
        }
        self.closed.increment(1);
        Ok(TcpFlow::Close)
    }
}

proxy_filter::tcp_filter!(MyFilter: DownstreamData);
