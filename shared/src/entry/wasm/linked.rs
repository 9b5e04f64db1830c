//! Whether the module was linked by the layer's tool, which exports the layer's callbacks in place of proxy-wasm's and
//! removes those of phases that the filter does not register.

use crate::entry::is_registered;
use crate::logging;

/// Whether `cargo proxy-filter build` compiled the module. It sets this `cfg`.
const BY_THE_TOOL: bool = cfg!(proxy_filter_build);

/// Returns whether a filter with these phases works in this module. Logs what it lacks.
///
/// A filter that makes calls does not: proxy-wasm's callbacks panic on tokens of the layer's calls.
pub(super) fn can_run(phases: &[&str]) -> bool {
    if BY_THE_TOOL {
        return true;
    }
    logging::refresh_level();
    let makes_calls = is_registered(phases, "Request") || is_registered(phases, "CallResponse");
    if makes_calls {
        log::error!(
            "configuration refused: plain cargo linked this module, in which a filter cannot get responses to its calls: build \
             it with cargo proxy-filter build"
        );
    } else {
        log::warn!(
            "plain cargo linked this module, in which every request runs callbacks that the filter does not have: build it with \
             cargo proxy-filter build"
        );
    }
    !makes_calls
}
