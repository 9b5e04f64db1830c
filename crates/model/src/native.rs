//! Filters that run natively, through the glue that ships.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use proxy_filter::entry::{self, Connection, HostAction, HttpEntry, HttpStream, Plugin, TcpEntry, Vm};
use proxy_filter::sys::{Host, with_host};

use crate::guest::{Callback, Guest, Trap};

/// An HTTP filter.
pub struct NativeHttp<F: HttpEntry> {
    vm: Rc<Vm>,
    plugins: BTreeMap<u32, Plugin<F>>,
    streams: BTreeMap<u32, HttpStream<F>>,
}

/// A TCP filter.
pub struct NativeTcp<F: TcpEntry> {
    vm: Rc<Vm>,
    plugins: BTreeMap<u32, Plugin<F>>,
    connections: BTreeMap<u32, Connection<F>>,
}

impl<F: HttpEntry> Default for NativeHttp<F> {
    fn default() -> Self {
        Self { vm: Rc::default(), plugins: BTreeMap::new(), streams: BTreeMap::new() }
    }
}

impl<F: TcpEntry> Default for NativeTcp<F> {
    fn default() -> Self {
        Self { vm: Rc::default(), plugins: BTreeMap::new(), connections: BTreeMap::new() }
    }
}

impl<F: HttpEntry> Guest for NativeHttp<F> {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        let vm = Rc::clone(&self.vm);
        trapping(|| with_host(host, || vm.enter(|| self.run(callback).unwrap_or(0))))
    }
}

impl<F: HttpEntry> NativeHttp<F> {
    /// `None` for a context that does not exist.
    fn run(&mut self, callback: Callback) -> Option<u32> {
        let streams = &mut self.streams;
        Some(match callback {
            Callback::ContextCreate { context, parent: 0 } => {
                self.plugins.insert(context, Plugin::default());
                0
            }
            Callback::ContextCreate { context, parent } => {
                let stream = self.plugins.get(&parent)?.http_stream(context);
                streams.insert(context, stream);
                0
            }
            Callback::Configure { context, size } => {
                u32::from(self.plugins.get_mut(&context)?.configure(size))
            }
            Callback::Tick { context } => {
                self.plugins.get_mut(&context)?.tick();
                0
            }
            Callback::RequestHeaders { context, end_of_stream, .. } => {
                action(streams.get_mut(&context)?.request_headers(end_of_stream))
            }
            Callback::RequestBody { context, size, end_of_stream } => {
                action(streams.get_mut(&context)?.request_body(size, end_of_stream))
            }
            Callback::RequestTrailers { context, .. } => {
                action(streams.get_mut(&context)?.request_trailers())
            }
            Callback::ResponseHeaders { context, end_of_stream, .. } => {
                action(streams.get_mut(&context)?.response_headers(end_of_stream))
            }
            Callback::ResponseBody { context, size, end_of_stream } => {
                action(streams.get_mut(&context)?.response_body(size, end_of_stream))
            }
            Callback::ResponseTrailers { context, .. } => {
                action(streams.get_mut(&context)?.response_trailers())
            }
            Callback::HttpCallResponse { token, headers, body_size, .. } => {
                entry::http_call_answered(token, headers, body_size);
                0
            }
            Callback::GrpcReceive { token, size, .. } => {
                entry::grpc_call_received(token, size);
                0
            }
            Callback::GrpcClose { token, status, .. } => {
                entry::grpc_call_closed(token, status);
                0
            }
            Callback::Log { context } => {
                streams.get_mut(&context)?.end();
                0
            }
            Callback::Delete { context } => {
                streams.remove(&context);
                self.plugins.remove(&context);
                0
            }
            Callback::DownstreamData { .. } | Callback::UpstreamData { .. } => 0,
        })
    }
}

impl<F: TcpEntry> Guest for NativeTcp<F> {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        let vm = Rc::clone(&self.vm);
        trapping(|| with_host(host, || vm.enter(|| self.run(callback).unwrap_or(0))))
    }
}

impl<F: TcpEntry> NativeTcp<F> {
    fn run(&mut self, callback: Callback) -> Option<u32> {
        Some(match callback {
            Callback::ContextCreate { context, parent: 0 } => {
                self.plugins.insert(context, Plugin::default());
                0
            }
            Callback::ContextCreate { context, parent } => {
                let connection = self.plugins.get(&parent)?.connection();
                self.connections.insert(context, connection);
                0
            }
            Callback::Configure { context, size } => {
                u32::from(self.plugins.get_mut(&context)?.configure(size))
            }
            Callback::Tick { context } => {
                self.plugins.get_mut(&context)?.tick();
                0
            }
            Callback::DownstreamData { context, size, end_of_stream } => {
                action(self.connections.get_mut(&context)?.downstream_data(size, end_of_stream))
            }
            Callback::UpstreamData { context, size, end_of_stream } => {
                action(self.connections.get_mut(&context)?.upstream_data(size, end_of_stream))
            }
            Callback::Log { context } => {
                self.connections.get_mut(&context)?.end();
                0
            }
            Callback::Delete { context } => {
                self.connections.remove(&context);
                self.plugins.remove(&context);
                0
            }
            _ => 0,
        })
    }
}

fn action(action: HostAction) -> u32 {
    match action {
        HostAction::Continue => 0,
        HostAction::Stop => 1,
    }
}

/// A panic is to a native filter what a trap is to a module.
fn trapping(run: impl FnOnce() -> u32) -> Result<u32, Trap> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| Trap(message(&*payload)))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}
