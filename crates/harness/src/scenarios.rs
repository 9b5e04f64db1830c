//! The scenarios of five published Wasm walk-throughs, with the filters of this project. `just demo` shows them, and
//! `just test` tests them.

mod add_header;
mod path_rewrite;
mod rate_limit;
mod tcp_prepend;

use anyhow::Result;

use crate::fixture::Fixture;
use crate::transcript::Transcript;

/// The scenarios of a filter.
pub struct Group {
    /// The filter's name.
    pub filter: &'static str,
    /// What the filter does, in a sentence.
    pub purpose: &'static str,
    /// What to show.
    pub scenarios: &'static [Scenario],
}

/// A scenario.
pub struct Scenario {
    /// The walk-through's id, `S0` to `S4`.
    pub id: &'static str,
    /// The test's name.
    pub name: &'static str,
    /// What happens, in a sentence.
    pub title: &'static str,
    /// Runs the scenario and records what happens.
    pub run: fn(&Fixture, &mut Transcript) -> Result<()>,
}

/// All scenarios, by filter.
pub const GROUPS: [Group; 4] =
    [add_header::GROUP, path_rewrite::GROUP, rate_limit::GROUP, tcp_prepend::GROUP];

/// Returns all scenarios, in order.
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    GROUPS.into_iter().flat_map(|group| group.scenarios)
}
