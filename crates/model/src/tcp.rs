//! Passes a connection's chunks through a filter, in both directions.

use std::fmt;

use proxy_filter::sys::BufferType;

use crate::attributes;
use crate::guest::Callback;
use crate::proxy::{Plugin, Vm};

/// The bytes of a TCP connection that arrived at either end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcpExchange {
    /// What the upstream received.
    pub upstream: Vec<u8>,
    /// What the client received.
    pub client: Vec<u8>,
}

impl fmt::Display for TcpExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "upstream: {}", self.upstream.escape_ascii())?;
        writeln!(f, "client: {}", self.client.escape_ascii())
    }
}

/// A direction of a connection.
#[derive(Clone, Copy)]
enum Direction {
    Downstream,
    Upstream,
}

impl Plugin {
    /// Opens a connection on a worker. The client sends its chunks and half-closes, then the upstream does the same with
    /// `response`.
    pub fn send_tcp(&self, worker: usize, chunks: &[&[u8]], response: &[&[u8]]) -> TcpExchange {
        let connection = self.hold_tcp(worker);
        if !connection.is_open {
            return TcpExchange::default();
        }
        let HeldConnection { vm, context, .. } = connection;
        vm.worker.context(context, |context| context.attributes.extend(attributes::of_upstream()));
        let (upstream, closed) = pass(vm, context, Direction::Downstream, chunks);
        let client = match closed {
            true => Vec::new(),
            false => pass(vm, context, Direction::Upstream, response).0,
        };
        TcpExchange { upstream, client }
    }

    /// Opens a connection on which nobody sends anything. The client leaves when the result is dropped.
    pub fn hold_tcp(&self, worker: usize) -> HeldConnection<'_> {
        let vm = &self.vms[worker];
        let context = self.begin(vm, attributes::of_connection("127.0.0.1"));
        let is_open = vm.call(Callback::NewConnection { context }) == Some(0)
            && !vm.worker.context(context, |context| context.closed);
        if !is_open {
            vm.end(context);
        }
        HeldConnection { vm, context, is_open }
    }
}

/// A connection that is open until this is dropped.
pub struct HeldConnection<'a> {
    vm: &'a Vm,
    context: u32,
    is_open: bool,
}

impl HeldConnection<'_> {
    /// Returns whether the filter has not closed the connection.
    pub fn is_open(&self) -> bool {
        self.is_open
    }
}

impl Drop for HeldConnection<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.vm.end(self.context);
        }
    }
}

/// Passes chunks and a half-close through the filter until it closes the connection. A chunk that it holds comes again, with
/// the next one behind it.
fn pass(vm: &Vm, context: u32, direction: Direction, chunks: &[&[u8]]) -> (Vec<u8>, bool) {
    let (mut passed, mut held) = (Vec::new(), Vec::new());
    let half_close: (&[u8], bool) = (b"", true);
    for (chunk, end_of_stream) in chunks.iter().map(|chunk| (*chunk, false)).chain([half_close]) {
        held.extend_from_slice(chunk);
        let size = held.len();
        let (buffer, callback) = match direction {
            Direction::Downstream => {
                (BufferType::DownstreamData, Callback::DownstreamData { context, size, end_of_stream })
            }
            Direction::Upstream => {
                (BufferType::UpstreamData, Callback::UpstreamData { context, size, end_of_stream })
            }
        };
        vm.worker.context(context, |context| context.buffers.insert(buffer, std::mem::take(&mut held)));
        let returned = vm.call(callback);
        let (bytes, closed) = vm.worker.context(context, |context| {
            (context.buffers.remove(&buffer).unwrap_or_default(), context.closed)
        });
        match returned {
            Some(0) if !closed => passed.extend(bytes),
            Some(_) if !closed => held = bytes,
            _ => return (passed, true),
        }
    }
    (passed, false)
}
