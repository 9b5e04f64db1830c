//! A connection's chunks through a filter.

use proxy_filter::sys::Buffer;

use crate::guest::Callback;
use crate::proxy::Plugin;

impl Plugin {
    /// Opens a connection on a worker, sends these chunks, half-closes, and returns what the upstream
    /// saw of each, up to where the filter closed the connection.
    pub fn send_tcp(&self, worker: usize, chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let machine = &self.machines[worker];
        let context = self.begin(machine, &[("source.address", "10.0.0.1:4711")]);
        let mut seen = Vec::new();
        let half_close: (&[u8], bool) = (b"", true);
        for (chunk, end_of_stream) in chunks.iter().map(|chunk| (*chunk, false)).chain([half_close]) {
            let buffer = Buffer::DownstreamData;
            machine.worker.context(context, |context| context.buffers.insert(buffer, chunk.to_vec()));
            let returned =
                machine.call(Callback::DownstreamData { context, size: chunk.len(), end_of_stream });
            let (bytes, closed) = machine.worker.context(context, |context| {
                (context.buffers.remove(&buffer).unwrap_or_default(), context.closed)
            });
            if closed || returned != Some(0) {
                break;
            }
            seen.push(bytes);
        }
        machine.end(context);
        seen
    }
}
