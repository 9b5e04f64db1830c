//! What both filters can express: random rules, as our configuration and as Envoy's.

use std::fmt;

use fastrand::Rng;
use harness::bootstrap::Filter;
use serde_json::Value;

use crate::exchange::Exchange;
use crate::seen::Seen;

/// A feature that Envoy and one of our filters have.
pub(crate) struct Subject {
    /// Its name.
    pub(crate) name: &'static str,
    /// Draws a set of rules.
    pub(crate) draw: fn(&mut Rng) -> Vec<Rule>,
    /// Configures both filters with a set of rules. Each subset of the rules of a set is a set.
    pub(crate) configure: fn(&[Rule]) -> Twin,
    /// Draws a request for a set of rules, and its answer.
    pub(crate) exchange: fn(&mut Rng, &[Rule]) -> Exchange,
    /// Returns what both promise with a set of rules, of what was seen.
    pub(crate) promised: fn(&[Rule], Seen) -> Seen,
    /// Whether an exchange depends on those before it, as with limits.
    pub(crate) has_memory: bool,
    /// Requests per set of rules.
    pub(crate) requests: usize,
}

/// A rule, as both filters express it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its kind, such as the list that it stands in.
    pub(crate) kind: &'static str,
    /// In our filter's configuration.
    pub(crate) ours: Value,
    /// In Envoy's.
    pub(crate) native: Value,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, ours, native } = self;
        writeln!(f, "    {kind}\n      ours:    {ours}\n      Envoy's: {native}")
    }
}

/// One behavior, configured in two ways.
pub(crate) struct Twin {
    /// Envoy's way.
    pub(crate) native: Side,
    /// Ours.
    pub(crate) ours: Side,
    /// The trusted proxies in front of Envoy.
    pub(crate) trusted_hops: u32,
}

/// The filters and routes of a listener.
pub(crate) struct Side {
    pub(crate) filters: Vec<Filter>,
    pub(crate) routes: Vec<Value>,
}

/// Draws one of a few values.
pub(crate) fn any<T: Default, const N: usize>(random: &mut Rng, of: [T; N]) -> T {
    random.choice(of).unwrap_or_default()
}
