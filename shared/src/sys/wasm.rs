//! The host seam on wasm: Proxy-Wasm imports, and proxy-wasm's dispatcher bound to [`crate::entry`].

pub(crate) mod calls;
mod exports;
mod imports;

pub use proxy_wasm;
use proxy_wasm::traits::{Context, HttpContext, RootContext, StreamContext};
use proxy_wasm::types::{Action, ContextType};

use super::Level;
use crate::entry::{Connection, HostAction, HttpEntry, HttpStream, Plugin, TcpEntry};

/// Registers `F` as the module's filter; called once, from `_initialize`.
pub fn register_http<F: HttpEntry>() {
    log_panics();
    proxy_wasm::set_root_context(|_| Box::new(HttpRoot(Plugin::<F>::default())));
}

/// Registers `F` as the module's filter; called once, from `_initialize`.
pub fn register_tcp<F: TcpEntry>() {
    log_panics();
    proxy_wasm::set_root_context(|_| Box::new(TcpRoot(Plugin::<F>::default())));
}

fn log_panics() {
    std::panic::set_hook(Box::new(|info| _ = calls::log(Level::Critical, &info.to_string())));
}

struct HttpRoot<F: HttpEntry>(Plugin<F>);

impl<F: HttpEntry> Context for HttpRoot<F> {}
impl<F: HttpEntry> RootContext for HttpRoot<F> {
    fn on_configure(&mut self, size: usize) -> bool {
        self.0.configure(size)
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

struct Http<F: HttpEntry>(HttpStream<F>);

impl<F: HttpEntry> Context for Http<F> {}
impl<F: HttpEntry> HttpContext for Http<F> {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        action(self.0.request_headers(end_of_stream))
    }
    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        action(self.0.request_body(size, end_of_stream))
    }
    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        action(self.0.request_trailers())
    }
    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Action {
        action(self.0.response_headers(end_of_stream))
    }
    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Action {
        action(self.0.response_body(size, end_of_stream))
    }
    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        action(self.0.response_trailers())
    }
    fn on_log(&mut self) {
        self.0.end();
    }
}

struct TcpRoot<F: TcpEntry>(Plugin<F>);

impl<F: TcpEntry> Context for TcpRoot<F> {}
impl<F: TcpEntry> RootContext for TcpRoot<F> {
    fn on_configure(&mut self, size: usize) -> bool {
        self.0.configure(size)
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

struct Tcp<F: TcpEntry>(Connection<F>);

impl<F: TcpEntry> Context for Tcp<F> {}
impl<F: TcpEntry> StreamContext for Tcp<F> {
    fn on_downstream_data(&mut self, size: usize, end_of_stream: bool) -> Action {
        action(self.0.downstream_data(size, end_of_stream))
    }
    fn on_upstream_data(&mut self, size: usize, end_of_stream: bool) -> Action {
        action(self.0.upstream_data(size, end_of_stream))
    }
    fn on_log(&mut self) {
        self.0.end();
    }
}

fn action(action: HostAction) -> Action {
    match action {
        HostAction::Continue => Action::Continue,
        HostAction::Stop => Action::Pause,
    }
}

/// The module's `_initialize`, and the custom section from which `just build` learns which
/// callbacks to keep.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($register:ident::<$filter:ty>, $($phase:ident),+) => {
        $crate::sys::proxy_wasm::main! {{ $crate::sys::$register::<$filter>(); }}

        const _: () = {
            const EXPORTS: &str = concat!($($crate::__phase_export!($phase)),+);
            #[used]
            // SAFETY: a custom section holds bytes, which nothing runs; its name is the layer's own.
            #[unsafe(link_section = "proxy-filter.exports")]
            static SECTION: [u8; EXPORTS.len()] = {
                let mut bytes = [0; EXPORTS.len()];
                bytes.copy_from_slice(EXPORTS.as_bytes());
                bytes
            };
        };
    };
}
