//! How a rule is charged once the response is known.

use proxy_filter::headers::{HeaderName, HeaderPairs};
use proxy_filter::inputs::{HasInputs, Input, Inputs, Snapshot};
use proxy_filter::matching::When;

use crate::body::JsonCost;

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
