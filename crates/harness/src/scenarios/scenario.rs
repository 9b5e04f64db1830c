//! What a scenario is.

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
