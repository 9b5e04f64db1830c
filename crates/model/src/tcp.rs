//! A connection's chunks through a filter, both ways.

use proxy_filter::sys::BufferType;

use crate::attributes;
use crate::guest::Callback;
use crate::proxy::{Machine, Plugin};

/// What became of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpExchange {
    /// The chunks that reached the upstream.
    pub upstream: Vec<Vec<u8>>,
    /// The chunks that reached the client.
    pub client: Vec<Vec<u8>>,
}

/// One of a connection's two directions.
#[derive(Clone, Copy)]
enum Direction {
    Downstream,
    Upstream,
}

impl Plugin {
    /// Opens a connection on a worker; the client sends its chunks and half-closes, then the upstream
    /// does the same with `answer`.
    pub fn send_tcp(&self, worker: usize, chunks: &[&[u8]], answer: &[&[u8]]) -> TcpExchange {
        let machine = &self.machines[worker];
        let context = self.begin(machine, attributes::of_connection("127.0.0.1"));
        machine.worker.context(context, |context| context.attributes.extend(attributes::of_upstream()));
        let (upstream, closed) = pass(machine, context, Direction::Downstream, chunks);
        let client = match closed {
            true => Vec::new(),
            false => pass(machine, context, Direction::Upstream, answer).0,
        };
        machine.end(context);
        TcpExchange { upstream, client }
    }
}

/// Takes chunks and a half-close through the filter, up to where it closes the connection.
fn pass(machine: &Machine, context: u32, direction: Direction, chunks: &[&[u8]]) -> (Vec<Vec<u8>>, bool) {
    let mut passed = Vec::new();
    let half_close: (&[u8], bool) = (b"", true);
    for (chunk, end_of_stream) in chunks.iter().map(|chunk| (*chunk, false)).chain([half_close]) {
        let size = chunk.len();
        let (buffer, callback) = match direction {
            Direction::Downstream => {
                (BufferType::DownstreamData, Callback::DownstreamData { context, size, end_of_stream })
            }
            Direction::Upstream => {
                (BufferType::UpstreamData, Callback::UpstreamData { context, size, end_of_stream })
            }
        };
        machine.worker.context(context, |context| context.buffers.insert(buffer, chunk.to_vec()));
        let returned = machine.call(callback);
        let (bytes, closed) = machine.worker.context(context, |context| {
            (context.buffers.remove(&buffer).unwrap_or_default(), context.closed)
        });
        if closed || returned != Some(0) {
            return (passed, true);
        }
        passed.extend((!bytes.is_empty()).then_some(bytes));
    }
    (passed, false)
}
