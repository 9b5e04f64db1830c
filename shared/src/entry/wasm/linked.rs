//! Whether the module was linked by the layer's tool, which exports the layer's callbacks in place of proxy-wasm's and
//! removes those of phases that the filter does not register.

use crate::entry::is_registered;
use crate::logging;

/// Whether `cargo proxy-filter build` compiled the module. It sets this `cfg`.
const BY_THE_TOOL: bool = cfg!(proxy_filter_build);

/// Returns whether a filter with these phases works in this module. Logs what it lacks.
///
/// A filter that makes calls does not: proxy-wasm's callbacks panic on tokens of the layer's calls and gRPC streams.
pub(super) fn can_run(phases: &[&str]) -> bool {
    if BY_THE_TOOL {
        return true;
    }
    logging::refresh_level();
    let makes_calls = is_registered(phases, "Request") || is_registered(phases, "CallResponse");
    if makes_calls {
        log::error!(
            "configuration refused: plain cargo built this module, so responses to its calls cannot be delivered: build it with \
             `cargo proxy-filter build`"
        );
    } else {
        log::warn!(
            "plain cargo built this module, so Envoy runs every callback on every request: build it with \
             `cargo proxy-filter build`"
        );
    }
    !makes_calls
}
