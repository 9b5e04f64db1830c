//! Between the host's callbacks and a filter's methods, the same code on every target.
//!
//! A filter does not use this module by name: [`http_filter!`](crate::http_filter) and
//! [`tcp_filter!`](crate::tcp_filter) do, and test drivers call [`Plugin`] as a proxy would.

mod calls;
mod http;
mod register;
mod stream;
mod tcp;
mod vm;

pub use calls::{grpc_call_closed, grpc_call_received, http_call_answered};
pub use http::HttpEntry;
pub use stream::HttpStream;
pub use tcp::{Connection, TcpEntry};
pub use vm::Vm;
pub(crate) use vm::current as current_vm;

use std::rc::Rc;

use crate::sys::{self, Buffer};
use crate::{Filter, config, error, log};

/// How often the proxy's log level is asked for.
const TICK_MILLISECONDS: u32 = 1000;

/// What the host is told after a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostAction {
    /// On to the next filter.
    Continue,
    /// Not yet: a body is held, an answer is awaited; or never: the stream was replied to.
    Stop,
}

/// The phases of a plugin itself that a filter registered; the registration macros implement it.
pub trait PluginEntry: Filter {
    /// The registered tick phase, if it is.
    fn tick(&self) {}
}

/// One plugin: a root context, with the configuration that belongs to it.
#[derive(Debug)]
pub struct Plugin<F> {
    filter: Option<Rc<F>>,
}

impl<F> Default for Plugin<F> {
    fn default() -> Self {
        Self { filter: None }
    }
}

impl<F: PluginEntry> Plugin<F> {
    /// Reads `size` bytes of configuration and compiles them; `false` refuses them.
    pub fn configure(&mut self, size: usize) -> bool {
        log::refresh_level();
        if let Err(reason) = sys::set_tick_period(TICK_MILLISECONDS) {
            crate::warn!("log level changes will not be seen, the host has no ticks: {reason}");
        }
        let read = match size {
            0 => Ok(Vec::new()),
            size => sys::get_buffer(Buffer::PluginConfiguration, 0, size),
        };
        let configure = |bytes: Vec<u8>| F::configure(&config::from_protobuf(&bytes).unwrap_or(bytes));
        match read.map_err(Into::into).and_then(configure) {
            Ok(filter) => {
                self.filter = Some(Rc::new(filter));
                true
            }
            Err(reason) => {
                error!("configuration refused: {reason}");
                false
            }
        }
    }

    /// The tick that [`configure`](Self::configure) asked for, once a second.
    pub fn tick(&mut self) {
        log::refresh_level();
        if let Some(filter) = &self.filter {
            filter.tick();
        }
    }
}

impl<F: HttpEntry> Plugin<F> {
    /// A stream has begun; `context` is the host's number for it.
    pub fn http_stream(&self, context: u32) -> HttpStream<F> {
        HttpStream::new(context, self.filter.clone())
    }
}

impl<F: TcpEntry> Plugin<F> {
    /// A connection has been accepted.
    pub fn connection(&self) -> Connection<F> {
        Connection::new(self.filter.clone())
    }
}
