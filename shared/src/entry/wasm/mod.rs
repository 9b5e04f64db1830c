//! Connects proxy-wasm's dispatcher to the filter.
#![cfg(all(target_arch = "wasm32", not(feature = "host")))]

mod exports;
mod linked;
mod scrub;

pub use proxy_wasm;
use proxy_wasm::traits::{Context, HttpContext, RootContext, StreamContext};
use proxy_wasm::types::{Action, ContextType};

use super::{Connection, HostAction, HttpEntry, HttpStream, PluginContext, TcpEntry};
use crate::sys::{self, LogLevel};
pub use scrub::scrub;

/// Registers `F` as the module's filter. Called once, from `_initialize`.
pub fn register_http<F: HttpEntry>() {
    log_panics();
    proxy_wasm::set_root_context(|_| Box::new(HttpRoot(PluginContext::<F>::default())));
}

/// Registers `F` as the module's filter. Called once, from `_initialize`.
pub fn register_tcp<F: TcpEntry>() {
    log_panics();
    proxy_wasm::set_root_context(|_| Box::new(TcpRoot(PluginContext::<F>::default())));
}

fn log_panics() {
    std::panic::set_hook(Box::new(|info| _ = sys::log(LogLevel::Critical, info.to_string().as_bytes())));
}

struct HttpRoot<F: HttpEntry>(PluginContext<F>);

impl<F: HttpEntry> Context for HttpRoot<F> {}
impl<F: HttpEntry> RootContext for HttpRoot<F> {
    fn on_configure(&mut self, size: usize) -> bool {
        linked::can_run(F::PHASES) && self.0.configure(size)
    }
    fn on_tick(&mut self) {
        self.0.tick();
    }
    fn create_http_context(&self, context: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Http(self.0.http_stream(context))))
    }
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct TcpRoot<F: TcpEntry>(PluginContext<F>);

impl<F: TcpEntry> Context for TcpRoot<F> {}
impl<F: TcpEntry> RootContext for TcpRoot<F> {
    fn on_configure(&mut self, size: usize) -> bool {
        linked::can_run(F::PHASES) && self.0.configure(size)
    }
    fn on_tick(&mut self) {
        self.0.tick();
    }
    fn create_stream_context(&self, _: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(Tcp(self.0.connection())))
    }
    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::StreamContext)
    }
}

struct Http<F: HttpEntry>(HttpStream<F>);
struct Tcp<F: TcpEntry>(Connection<F>);

impl<F: HttpEntry> Context for Http<F> {}
impl<F: TcpEntry> Context for Tcp<F> {}

/// Implements proxy-wasm's stream traits from the table of callbacks.
macro_rules! bind {
    (
        plugin { $($plugin:tt)* }
        http { $($(#[$http_doc:meta])+ $Http:ident { $($http_arg:ident: $http_type:ty),* } = $http_export:ident
            ($on_http:ident => $http:ident($($http_pass:ident),*));)+ }
        tcp { $($(#[$tcp_doc:meta])+ $Tcp:ident { $($tcp_arg:ident: $tcp_type:ty),* } = $tcp_export:ident
            ($on_tcp:ident => $tcp:ident($($tcp_pass:ident),*));)+ }
    ) => {
        #[allow(unused_variables, reason = "filters do not need the number of headers")]
        impl<F: HttpEntry> HttpContext for Http<F> {
            $(fn $on_http(&mut self, $($http_arg: $http_type),*) -> Action {
                action(self.0.$http($($http_pass),*))
            })+
            fn on_log(&mut self) {
                self.0.end();
            }
        }
        impl<F: TcpEntry> StreamContext for Tcp<F> {
            $(fn $on_tcp(&mut self, $($tcp_arg: $tcp_type),*) -> Action {
                action(self.0.$tcp($($tcp_pass),*))
            })+
            fn on_log(&mut self) {
                self.0.end();
            }
        }
    };
}

crate::__callbacks!(bind);

fn action(action: HostAction) -> Action {
    match action {
        HostAction::Continue => Action::Continue,
        HostAction::Stop => Action::Pause,
    }
}
