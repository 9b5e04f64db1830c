//! A virtual machine with a filter in it, as a host sees it.

use std::fmt;
use std::rc::Rc;

use proxy_filter::sys::Host;

/// A callback of the ABI with its arguments; contexts are the host's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callback {
    /// A plugin (`parent` 0) or a stream of one comes to be.
    ContextCreate { context: u32, parent: u32 },
    /// A plugin gets its configuration; `size` bytes of it can be read.
    Configure { context: u32, size: usize },
    /// A plugin's tick.
    Tick { context: u32 },
    /// A request's headers are there.
    RequestHeaders { context: u32, count: usize, end_of_stream: bool },
    /// A part of a request's body is there.
    RequestBody { context: u32, size: usize, end_of_stream: bool },
    /// A request's trailers are there.
    RequestTrailers { context: u32, count: usize },
    /// A response's headers are there.
    ResponseHeaders { context: u32, count: usize, end_of_stream: bool },
    /// A part of a response's body is there.
    ResponseBody { context: u32, size: usize, end_of_stream: bool },
    /// A response's trailers are there.
    ResponseTrailers { context: u32, count: usize },
    /// Bytes from the client are there.
    DownstreamData { context: u32, size: usize, end_of_stream: bool },
    /// Bytes from the upstream are there.
    UpstreamData { context: u32, size: usize, end_of_stream: bool },
    /// An HTTP call was answered; no headers mean that it failed.
    HttpCallResponse { context: u32, token: u32, headers: usize, body_size: usize },
    /// A gRPC call brought its message.
    GrpcReceive { context: u32, token: u32, size: usize },
    /// A gRPC call ended.
    GrpcClose { context: u32, token: u32, status: u32 },
    /// A stream is over.
    Log { context: u32 },
    /// A plugin or stream ceases to be.
    Delete { context: u32 },
}

impl Callback {
    /// The context that the host makes current for the call.
    pub fn context(&self) -> u32 {
        match *self {
            Self::ContextCreate { context, .. }
            | Self::Configure { context, .. }
            | Self::Tick { context }
            | Self::RequestHeaders { context, .. }
            | Self::RequestBody { context, .. }
            | Self::RequestTrailers { context, .. }
            | Self::ResponseHeaders { context, .. }
            | Self::ResponseBody { context, .. }
            | Self::ResponseTrailers { context, .. }
            | Self::DownstreamData { context, .. }
            | Self::UpstreamData { context, .. }
            | Self::HttpCallResponse { context, .. }
            | Self::GrpcReceive { context, .. }
            | Self::GrpcClose { context, .. }
            | Self::Log { context }
            | Self::Delete { context } => context,
        }
    }
}

/// The machine ended in the middle of a callback, as it does when the filter panics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(pub String);

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A virtual machine with a filter in it.
pub trait Guest {
    /// Runs a callback; `host` answers the hostcalls it makes. The number is what the callback
    /// returned: an action (0 to continue, 1 to pause), a boolean for `Configure`, else 0.
    ///
    /// # Errors
    /// The machine trapped. It must not be called again.
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap>;
}
