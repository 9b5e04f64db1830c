//! Compiles late charges.

use std::rc::Rc;

use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderName;
use proxy_filter::inputs::{HasInputs, Input};
use proxy_filter::matching::When;

use crate::body::JsonCost;
use crate::config::cost::{CostConfig, ResponseCost as ResponseCostConfig};
use crate::config::count::CountConfig;
use crate::late::{LatePlan, LateReads, Place, ResponseCost};
use crate::rule::RulePlan;

/// A late charge that is checked.
#[derive(Debug, Hash)]
pub(super) struct Late {
    count: Option<CountConfig>,
    cost: Option<ResponseCost>,
}

/// Checks the late charge of a rule. Returns it with the tokens that a request must find in its bucket.
#[inline(never)]
pub(super) fn plan(
    count: Option<CountConfig>,
    cost: Option<CostConfig>,
) -> Result<(u64, Option<Late>), ConfigError> {
    let (tokens, cost) = match cost {
        None => (1, None),
        Some(CostConfig::Tokens(tokens)) => (tokens, None),
        Some(CostConfig::Response(cost)) => {
            (1, Some(response_cost(cost).map_err(|error| error.in_field("cost"))?))
        }
    };
    let is_late = count.is_some() || cost.is_some();
    Ok((tokens, is_late.then_some(Late { count, cost })))
}

/// Refuses leases of a rule that is charged late.
pub(super) fn check_lease(late: Option<&Late>, lease: u64) -> Result<(), ConfigError> {
    match late.is_some() && lease > 1 {
        false => Ok(()),
        true => Err(ConfigError::new(
            "a rule with `count`, or whose `cost` is in the response, takes no tokens in advance: remove `lease`",
        )
        .in_field("lease")),
    }
}

impl From<Late> for LatePlan {
    fn from(Late { count, cost }: Late) -> Self {
        Self { when: count.map(|count| When::from(count.when)), cost }
    }
}

fn response_cost(config: ResponseCostConfig) -> Result<ResponseCost, ConfigError> {
    let ResponseCostConfig { response_header, response_json, max_bytes, default } = config;
    let place = match (response_header, response_json) {
        (Some(_), None) if max_bytes.is_some() => {
            return Err(ConfigError::new("a header has no such limit: remove it").in_field("max_bytes"));
        }
        (Some(name), None) => {
            let name = HeaderName::new(&name);
            Place::Header(name.map_err(|error| ConfigError::new(error).in_field("response_header"))?)
        }
        (None, Some(pointer)) => Place::Json(JsonCost::new(&pointer, max_bytes)?),
        _ => return Err(ConfigError::new("give either `response_header` or `response_json`")),
    };
    Ok(ResponseCost { place, default: default.unwrap_or(1) })
}

/// Returns what late charges read. `None` if no rule is charged late.
pub(super) fn reads(rules: &[Rc<RulePlan>]) -> Option<LateReads> {
    let mut reads = None;
    for late in rules.iter().filter_map(|rule| rule.late.as_ref()) {
        reads.get_or_insert(LateReads::Response);
        late.visit_inputs(&mut |input| match input {
            Input::ResponseHeader(_) | Input::ResponseStatus => {}
            _ => reads = Some(LateReads::Request),
        });
    }
    reads
}
