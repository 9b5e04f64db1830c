//! Phases of a plugin itself, beside those of its streams.

use crate::Filter;

/// Time has passed.
///
/// ```
/// # use proxy_filter::plugin::OnTick;
/// # use proxy_filter::prelude::*;
/// # struct Mine;
/// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Mine { type Stream = (); type Tag = (); }
/// # impl OnRequestHeaders for Mine {
/// #     fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> { Ok(Flow::Continue) }
/// # }
/// impl OnTick for Mine {
///     fn on_tick(&self) {
///         proxy_filter::info!("still here");
///     }
/// }
/// proxy_filter::http_filter!(Mine: RequestHeaders; Tick);
/// ```
pub trait OnTick: Filter {
    /// Called about once a second on each worker, and on the main thread, while the plugin is loaded.
    ///
    /// ```
    /// # use proxy_filter::plugin::OnTick;
    /// # use proxy_filter::prelude::*;
    /// # struct Mine;
    /// # impl Filter for Mine { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
    /// # impl HttpFilter for Mine { type Stream = (); type Tag = (); }
    /// # impl OnRequestHeaders for Mine {
    /// #     fn on_request_headers(&self, _: &mut (), _: &mut RequestHeaders) -> Result<Flow, HostError> { Ok(Flow::Continue) }
    /// # }
    /// # impl OnTick for Mine {
    /// fn on_tick(&self) {
    ///     if let Ok(now) = proxy_filter::clock::wall() {
    ///         proxy_filter::debug!("{now:?}");
    ///     }
    /// }
    /// # }
    /// # proxy_filter::http_filter!(Mine: RequestHeaders; Tick);
    /// ```
    fn on_tick(&self);
}
