//! What a proxy without the filter does: it adds headers, too.

use std::rc::Rc;

use anyhow::Result;
use proxy_filter::sys::Host;
use proxy_filter_test::{Proxy, Request, Response};
use proxy_model::{Callback, Exchange, Guest, Trap};

/// A VM in which nothing happens.
struct PassThrough;

impl Guest for PassThrough {
    fn call(&mut self, _: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        // Accepts every configuration, and continues in every phase.
        Ok(u32::from(matches!(callback, Callback::Configure { .. })))
    }
}

/// Sends a request through a proxy without a filter.
///
/// # Errors
/// The model fails.
pub(super) fn exchange(request: &Request, upstream: Response) -> Result<Exchange> {
    let proxy = Proxy::native(|| PassThrough);
    let plugin = proxy.try_load("")?.upstream(upstream);
    Ok(plugin.try_send(request)?.messages().clone())
}
