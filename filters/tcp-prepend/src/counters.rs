//! Metrics of a direction.

use proxy_filter::HostError;
use proxy_filter::attribute::PLUGIN_NAME;
use proxy_filter::metric::Counter;

/// The counters of one direction. The README describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    /// Payloads that were sent.
    pub(crate) prepended: Counter,
    /// Payloads and TLVs that were not sent. `None` if none can be missing.
    pub(crate) missing: Option<Counter>,
}

impl Counters {
    /// Defines the counters of a direction, which has this name in the configuration.
    pub(crate) fn define(direction: &str, may_be_missing: bool) -> Result<Self, HostError> {
        let filter = PLUGIN_NAME.get()?.unwrap_or_default();
        let labels = [("filter", &*filter), ("direction", direction)];
        let define = |name| Counter::define_labeled(name, &labels);
        let missing = may_be_missing.then(|| define("tcp_prepend.missing")).transpose()?;
        Ok(Self { prepended: define("tcp_prepend.prepended")?, missing })
    }
}
