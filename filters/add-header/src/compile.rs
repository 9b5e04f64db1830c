//! Compiles the configuration.

use proxy_filter::config::{ConfigError, each};
use proxy_filter::inputs::{InputSet, check_before_response};

use crate::Plan;
use crate::config::{Config, RuleConfig};
use crate::rule::{Rule, Rules};

impl TryFrom<Config> for Plan {
    type Error = ConfigError;

    fn try_from(config: Config) -> Result<Self, ConfigError> {
        let request = before_response(config.request, "request")?;
        let request_trailers = before_response(config.request_trailers, "request_trailers")?;
        let response = rules(config.response);
        let response_trailers = rules(config.response_trailers);

        let mut later_inputs = InputSet::default();
        later_inputs.extend(&request_trailers);
        later_inputs.extend(&response);
        later_inputs.extend(&response_trailers);
        let mut inputs = later_inputs.clone();
        inputs.extend(&request);
        Ok(Self { request, request_trailers, response, response_trailers, inputs, later_inputs })
    }
}

fn rules(rules: Option<Vec<RuleConfig>>) -> Rules {
    Rules(rules.unwrap_or_default().into_iter().map(Rule::from).collect())
}

/// Compiles rules that run before there is a response.
fn before_response(rules: Option<Vec<RuleConfig>>, field: &str) -> Result<Rules, ConfigError> {
    let checked = |rule| {
        let rule = Rule::from(rule);
        check_before_response(&rule).map(|()| rule)
    };
    let rules = each(rules.unwrap_or_default(), checked);
    rules.map(Rules).map_err(|error| error.in_field(field))
}
