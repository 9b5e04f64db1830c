//! The scenarios of five published Wasm walk-throughs, with the filters of this project. `just demo` shows them, and
//! `just test` tests them.

mod add_header;
mod path_rewrite;
mod rate_limit;
mod scenario;
mod tcp_prepend;

pub use scenario::{Group, Scenario};

/// All scenarios, by filter.
pub const GROUPS: [Group; 4] =
    [add_header::GROUP, path_rewrite::GROUP, rate_limit::GROUP, tcp_prepend::GROUP];

/// Returns all scenarios, in order.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    GROUPS.into_iter().flat_map(|group| group.scenarios)
}
