//! TCP connections through a filter.

use proxy_filter::entry::{Plugin, TcpEntry};

use crate::Proxy;

/// A loaded TCP filter.
pub struct TcpPlugin<F> {
    proxy: Proxy,
    plugin: Plugin<F>,
}

impl<F: TcpEntry> TcpPlugin<F> {
    pub(crate) fn new(proxy: Proxy, plugin: Plugin<F>) -> Self {
        Self { proxy, plugin }
    }

    /// Opens a connection, sends these chunks, half-closes, and returns what the upstream saw of each.
    pub fn send(&self, chunks: &[&str]) -> Vec<String> {
        let mut connection = self.proxy.enter(|| self.plugin.connection());
        let half_close = (&"", true);
        chunks
            .iter()
            .map(|chunk| (chunk, false))
            .chain([half_close])
            .map(|(chunk, end_of_stream)| {
                *self.proxy.state.chunk.borrow_mut() = chunk.as_bytes().to_vec();
                self.proxy.enter(|| connection.downstream_data(chunk.len(), end_of_stream));
                String::from_utf8_lossy(&self.proxy.state.chunk.take()).into_owned()
            })
            .collect()
    }
}
