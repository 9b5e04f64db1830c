//! How a rule is charged once the response is known.

use limits::gcra::Quota;
use proxy_filter::headers::{HeaderName, HeaderPairs};
use proxy_filter::inputs::{HasInputs, Input, Inputs, Snapshot};
use proxy_filter::matching::When;

use crate::rule::RulePlan;

/// What late charges read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LateReads {
    /// Only the response.
    Response,
    /// The request too.
    Request,
}

/// The late charge of a rule.
#[derive(Debug)]
pub(crate) struct LatePlan {
    /// Charges only requests that meet this condition. It may read the response.
    pub(crate) when: Option<When>,
    /// `None` for the rule's `cost`.
    pub(crate) cost: Option<ResponseCost>,
}

/// Where a response says what it costs.
#[derive(Debug, Hash)]
pub(crate) struct ResponseCost {
    pub(crate) place: Place,
    /// The tokens that are charged if the response does not say, or never comes.
    pub(crate) default: u32,
}

/// A part of a response.
#[derive(Debug, Hash)]
pub(crate) enum Place {
    Header(HeaderName),
}

impl LatePlan {
    /// Returns the tokens that the rule charges if a response never comes. `None` if it charges responses only.
    pub(crate) fn without_response(&self) -> Option<u32> {
        self.cost.as_ref().filter(|_| self.when.is_none()).map(|cost| cost.default)
    }

    /// Returns whether the rule charges a response with these headers. If that is unknown, it does.
    pub(crate) fn charges(&self, request: &Snapshot, response: &HeaderPairs) -> bool {
        let holds = |condition: &When| condition.holds(&Inputs { request, response });
        self.when.as_ref().and_then(holds) != Some(false)
    }
}

impl ResponseCost {
    /// Reads the tokens in a response's headers. `None` if they do not say.
    pub(crate) fn in_headers(&self, response: &HeaderPairs) -> Option<u32> {
        let Place::Header(name) = &self.place;
        std::str::from_utf8(response.first(name)?).ok()?.trim_ascii().parse().ok()
    }
}

impl HasInputs for LatePlan {
    fn visit_inputs(&self, visit: &mut dyn FnMut(Input<'_>)) {
        self.when.iter().for_each(|condition| condition.visit_inputs(visit));
    }
}

impl RulePlan {
    /// Returns whether the rate limit service is asked about the rule's requests: it would charge them at once, and its
    /// decision covers all rules, so a rule in shadow mode could limit requests.
    pub(crate) fn asks_service(&self) -> bool {
        !self.shadow && self.late.is_none()
    }

    /// Returns the nanoseconds in which a bucket fills that is as empty as it can be.
    pub(crate) fn fill(&self) -> u64 {
        let quotas = self.limits().map(|limit| limit.quota);
        let fill = match self.late {
            None => quotas.map(Quota::depth).max(),
            Some(_) => quotas.map(Quota::fill_from_debt).max(),
        };
        fill.unwrap_or_default()
    }
}
