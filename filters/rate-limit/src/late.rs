//! How a rule is charged once the response is known.

use proxy_filter::headers::{HeaderName, HeaderPairs};
use proxy_filter::inputs::{HasInputs, Input, Inputs, Snapshot};
use proxy_filter::matching::When;

use crate::body::JsonCost;
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
    /// The JSON of the body.
    Json(JsonCost),
}

impl LatePlan {
    /// Returns whether the rule charges a response with these headers. If that is unknown, it does.
    pub(crate) fn charges(&self, request: &Snapshot, response: &HeaderPairs) -> bool {
        let holds = |condition: &When| condition.holds(&Inputs { request, response });
        self.when.as_ref().and_then(holds) != Some(false)
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

    /// Returns whether the rule's cost is in bodies.
    pub(crate) fn reads_body(&self) -> bool {
        let cost = self.late.as_ref().and_then(|late| late.cost.as_ref());
        cost.is_some_and(|cost| matches!(cost.place, Place::Json(_)))
    }

    /// Returns the nanoseconds in which a bucket fills that is as empty as it can be.
    pub(crate) fn fill(&self) -> u64 {
        match self.late {
            None => self.limit.quota.depth(),
            Some(_) => self.limit.quota.fill_from_debt(),
        }
    }
}
