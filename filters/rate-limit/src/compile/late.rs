//! Compiles late charges.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderName;
use proxy_filter::inputs::{HasInputs, Input};
use proxy_filter::matching::When;

use crate::config::cost::{CostConfig, ResponseCost as ResponseCostConfig};
use crate::config::count::CountConfig;
use crate::late::{LatePlan, LateReads, Place, ResponseCost};
use crate::rule::RulePlan;

/// A late charge that is checked, if there is one.
#[derive(Debug)]
pub(super) struct Late(Option<(Option<CountConfig>, Option<(ResponseCostConfig, ResponseCost)>)>);

/// Checks the late charge of a rule. Returns it with the tokens that a request must find in its bucket.
#[inline(never)]
pub(super) fn plan(count: Option<CountConfig>, cost: Option<CostConfig>) -> Result<(u64, Late), ConfigError> {
    let (tokens, cost) = match cost {
        None => (1, None),
        Some(CostConfig::Tokens(tokens)) => (tokens, None),
        Some(CostConfig::Response(config)) => {
            let cost = response_cost(&config).map_err(|error| error.in_field("cost"))?;
            (1, Some((config, cost)))
        }
    };
    let is_late = count.is_some() || cost.is_some();
    Ok((tokens, Late(is_late.then_some((count, cost)))))
}

impl Late {
    /// Refuses leases of a rule that is charged late.
    pub(super) fn check_lease(&self, lease: u64) -> Result<(), ConfigError> {
        match self.0.is_some() && lease > 1 {
            false => Ok(()),
            true => Err(ConfigError::new(
                "a rule with `count`, or whose `cost` is in the response, takes no tokens in advance: remove `lease`",
            )
            .in_field("lease")),
        }
    }

    pub(super) fn into_plan(self) -> Option<LatePlan> {
        let (count, cost) = self.0?;
        Some(LatePlan { when: count.map(|count| When::from(count.when)), cost: cost.map(|(_, cost)| cost) })
    }
}

/// Hashes what users wrote. A rule without a late charge has the identity that it had before there were such charges.
impl Hash for Late {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        if let Some((count, cost)) = &self.0 {
            ("late", count, cost.as_ref().map(|(config, _)| config)).hash(hasher);
        }
    }
}

fn response_cost(config: &ResponseCostConfig) -> Result<ResponseCost, ConfigError> {
    let default = config.default.unwrap_or(1);
    let place = match (&config.response_header, &config.response_json) {
        (Some(_), None) if config.max_bytes.is_some() => {
            return Err(ConfigError::new("a header has no such limit: remove it").in_field("max_bytes"));
        }
        (Some(name), None) => {
            let name = HeaderName::new(name);
            Place::Header(name.map_err(|error| ConfigError::new(error).in_field("response_header"))?)
        }
        (None, Some(_)) => {
            return Err(ConfigError::new(
                "this module does not read bodies: load rate-limit-body.wasm, which takes everything that rate-limit takes",
            )
            .in_field("response_json"));
        }
        _ => return Err(ConfigError::new("give either `response_header` or `response_json`")),
    };
    Ok(ResponseCost { place, default })
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
