//! Runs filters natively, through the same entry code as in a module.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use proxy_filter::entry::{
    Connection, HostAction, HttpEntry, HttpStream, PluginContext, PluginEntry, TcpEntry, Vm, calls,
};
use proxy_filter::sys::{Host, with_host};

use crate::guest::{Callback, Guest, Trap};

/// An HTTP filter.
pub struct NativeHttp<F: HttpEntry> {
    vm: Rc<Vm>,
    plugins: BTreeMap<u32, PluginContext<F>>,
    streams: BTreeMap<u32, HttpStream<F>>,
}

/// A TCP filter.
pub struct NativeTcp<F: TcpEntry> {
    vm: Rc<Vm>,
    plugins: BTreeMap<u32, PluginContext<F>>,
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

impl<F: TcpEntry> Guest for NativeTcp<F> {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        let vm = Rc::clone(&self.vm);
        trapping(|| with_host(host, || vm.enter(|| self.run(callback).unwrap_or(0))))
    }
}

/// Dispatches callbacks, from the layer's table: first those of a plugin, then those of its streams. Returns
/// `None` for a context that does not exist.
macro_rules! dispatch {
    (
        plugin { $($plugin:tt)* }
        http { $($(#[$http_doc:meta])+ $Http:ident { $($http_arg:ident: $http_type:ty),* } = $http_export:ident
            ($on_http:ident => $http:ident($($http_pass:ident),*));)+ }
        tcp { $($(#[$tcp_doc:meta])+ $Tcp:ident { $($tcp_arg:ident: $tcp_type:ty),* } = $tcp_export:ident
            ($on_tcp:ident => $tcp:ident($($tcp_pass:ident),*));)+ }
    ) => {
        impl<F: HttpEntry> NativeHttp<F> {
            fn run(&mut self, callback: Callback) -> Option<u32> {
                match callback {
                    Callback::ContextCreate { context, parent } if parent != 0 => {
                        self.streams.insert(context, self.plugins.get(&parent)?.http_stream(context));
                        Some(0)
                    }
                    Callback::Log { context } => {
                        self.streams.get_mut(&context)?.end();
                        Some(0)
                    }
                    Callback::Delete { context } if self.streams.remove(&context).is_some() => Some(0),
                    $(Callback::$Http { context, $($http_pass,)* .. } => {
                        Some(action(self.streams.get_mut(&context)?.$http($($http_pass),*)))
                    })+
                    _ => run_plugin(&mut self.plugins, callback),
                }
            }
        }

        impl<F: TcpEntry> NativeTcp<F> {
            fn run(&mut self, callback: Callback) -> Option<u32> {
                match callback {
                    Callback::ContextCreate { context, parent } if parent != 0 => {
                        self.connections.insert(context, self.plugins.get(&parent)?.connection());
                        Some(0)
                    }
                    Callback::Log { context } => {
                        self.connections.get_mut(&context)?.end();
                        Some(0)
                    }
                    Callback::Delete { context } if self.connections.remove(&context).is_some() => Some(0),
                    $(Callback::$Tcp { context, $($tcp_pass,)* .. } => {
                        Some(action(self.connections.get_mut(&context)?.$tcp($($tcp_pass),*)))
                    })+
                    _ => run_plugin(&mut self.plugins, callback),
                }
            }
        }
    };
}

proxy_filter::__callbacks!(dispatch);

/// Runs the callbacks of the plugin itself, and those for responses to its streams' calls.
fn run_plugin<F: PluginEntry>(
    plugins: &mut BTreeMap<u32, PluginContext<F>>,
    callback: Callback,
) -> Option<u32> {
    match callback {
        Callback::ContextCreate { context, .. } => _ = plugins.insert(context, PluginContext::default()),
        Callback::Configure { context, size } => {
            return Some(u32::from(plugins.get_mut(&context)?.configure(size)));
        }
        Callback::Tick { context } => plugins.get_mut(&context)?.tick(),
        Callback::HttpCallResponse { token, headers, body_size, .. } => {
            calls::http_call_response(token, headers, body_size);
        }
        Callback::GrpcReceive { token, size, .. } => calls::grpc_receive(token, size),
        Callback::GrpcClose { token, status, .. } => calls::grpc_close(token, status),
        Callback::Delete { context } => _ = plugins.remove(&context),
        _ => {}
    }
    Some(0)
}

fn action(action: HostAction) -> u32 {
    match action {
        HostAction::Continue => 0,
        HostAction::Stop => 1,
    }
}

/// Turns a panic of a native filter into a trap, as in a module.
fn trapping(run: impl FnOnce() -> u32) -> Result<u32, Trap> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| Trap(message(&*payload)))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests;
