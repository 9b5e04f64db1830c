//! What a proxy without the filter does: it adds headers, too.

use std::rc::Rc;

use proxy_filter::sys::Host;
use proxy_model::{Callback, Exchange, Guest, Proxy, Request, Response, Trap};

/// A VM in which nothing happens.
struct PassThrough;

impl Guest for PassThrough {
    fn call(&mut self, _: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        // Accepts every configuration, and continues in every phase.
        Ok(u32::from(matches!(callback, Callback::Configure { .. })))
    }
}

/// Sends a request through a proxy without a filter.
pub(crate) fn exchange(request: &Request, upstream: &Response) -> Option<Exchange> {
    let plugin = Proxy::new(1, || PassThrough).load("", "").ok()?;
    Some(plugin.upstream(upstream.clone()).send(0, request))
}
