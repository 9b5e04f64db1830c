//! An in-memory proxy: it runs a filter natively, through the same glue that ships.
//!
//! ```
//! use proxy_model::{Proxy, Request};
//! # use proxy_filter::prelude::*;
//! # struct Greeter;
//! # impl Filter for Greeter { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
//! # impl HttpFilter for Greeter { type Stream = (); type Tag = (); }
//! # impl OnResponseHeaders for Greeter {
//! #     fn on_response_headers(&self, _: &mut (), headers: &mut ResponseHeaders) -> Result<(), HostError> {
//! #         headers.append(&HeaderName::from_static("hello"), &HeaderValue::from_static("world!"))
//! #     }
//! # }
//! # proxy_filter::http_filter!(Greeter: ResponseHeaders);
//!
//! let proxy = Proxy::new();
//! let plugin = proxy.http::<Greeter>("").unwrap();
//! let exchange = plugin.send(Request::get("/"));
//! assert_eq!(exchange.response.values("hello"), ["world!"]);
//! ```

mod headers;
mod host;
mod http;
mod readme;
mod tcp;

pub use headers::Headers;
pub use http::{Exchange, HttpPlugin, Request};
pub use readme::json_examples;
pub use tcp::TcpPlugin;

use std::rc::Rc;
use std::time::Duration;

use host::State;
use proxy_filter::entry::{HttpEntry, Plugin, PluginEntry, TcpEntry};
use proxy_filter::sys::with_host;

/// A proxy with one worker, a clock that stands still, and one shared-data store.
#[derive(Clone, Default)]
pub struct Proxy {
    state: Rc<State>,
}

impl Proxy {
    /// A proxy whose monotonic clock shows one hour.
    pub fn new() -> Self {
        let proxy = Self::default();
        proxy.advance(Duration::from_secs(3600));
        proxy
    }

    /// Moves the clock on.
    pub fn advance(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.state.now.set(self.state.now.get().saturating_add(nanoseconds));
    }

    /// The lines logged so far.
    pub fn logs(&self) -> Vec<String> {
        self.state.logs.borrow().clone()
    }

    /// Keys in shared data.
    pub fn shared_data_keys(&self) -> usize {
        self.state.shared_data.borrow().len()
    }

    /// Loads an HTTP filter with a configuration.
    ///
    /// # Errors
    /// The line that the filter logged when it refused the configuration.
    pub fn http<F: HttpEntry>(&self, configuration: &str) -> Result<HttpPlugin<F>, String> {
        Ok(HttpPlugin::new(self.clone(), self.load(configuration)?))
    }

    /// Loads a TCP filter with a configuration.
    ///
    /// # Errors
    /// The line that the filter logged when it refused the configuration.
    pub fn tcp<F: TcpEntry>(&self, configuration: &str) -> Result<TcpPlugin<F>, String> {
        Ok(TcpPlugin::new(self.clone(), self.load(configuration)?))
    }

    fn load<F: PluginEntry>(&self, configuration: &str) -> Result<Plugin<F>, String> {
        *self.state.configuration.borrow_mut() = configuration.as_bytes().to_vec();
        let mut plugin = Plugin::default();
        match self.enter(|| plugin.configure(configuration.len())) {
            true => Ok(plugin),
            false => Err(self.logs().pop().unwrap_or_default()),
        }
    }

    fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        with_host(self.state.clone(), f)
    }
}
