//! Adds, sets, renames and removes headers and trailers of requests and responses.
//!
//! Conditions and templates see the request and the response as they arrived at this filter. Of a request,
//! the filter keeps only what rules of later phases read.

mod compile;
mod config;
mod counters;
mod pattern;
mod present;
mod protected;
mod rule;
mod rule_counters;
#[cfg_attr(not(feature = "edit"), path = "no_substitution.rs")]
mod substitution;
mod value;

use std::rc::Rc;

use proxy_filter::headers::{HeaderPairs, RequestTrailers, ResponseTrailers};
use proxy_filter::http::{OnRequestTrailers, OnResponseTrailers};
use proxy_filter::inputs::{InputSet, Inputs, Snapshot};
use proxy_filter::prelude::*;
use proxy_filter::specialize::{Phase, Specialize};

use config::Config;
use counters::Counters;
use rule::Rules;

/// The filter.
#[derive(Debug)]
pub struct AddHeader {
    plan: Rc<Plan>,
    counters: Counters,
}

/// The compiled configuration: the rules of each phase.
#[derive(Debug)]
pub struct Plan {
    request: Rules,
    request_trailers: Rules,
    response: Rules,
    response_trailers: Rules,
    /// The inputs of all rules.
    inputs: InputSet,
    /// The inputs of the rules that run after the request's headers.
    later_inputs: InputSet,
}

/// What the rules of later phases read. `None` if they have neither conditions nor templates.
#[derive(Debug, Default)]
pub struct Stream(Option<Box<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    request: Snapshot,
    response: HeaderPairs,
}

impl Stream {
    fn kept(&mut self) -> &mut Kept {
        self.0.get_or_insert_default()
    }

    fn inputs(&self) -> Inputs<'_> {
        match &self.0 {
            Some(kept) => Inputs { request: &kept.request, response: &kept.response },
            None => Inputs::none(),
        }
    }
}

impl Specialize for AddHeader {
    type Plan = Plan;

    fn plan(configuration: &[u8]) -> Result<Plan, ConfigError> {
        Config::parse(configuration)?.try_into()
    }

    fn start(plan: Rc<Plan>) -> Result<Self, ConfigError> {
        let Plan { request, request_trailers, response, response_trailers, .. } = &*plan;
        let counters = Counters::define(request, request_trailers, response, response_trailers)?;
        Ok(Self { plan, counters })
    }

    fn needs(plan: &Plan, phase: Phase) -> bool {
        match phase {
            Phase::RequestHeaders => !plan.request.0.is_empty() || !plan.later_inputs.is_empty(),
            Phase::RequestTrailers => !plan.request_trailers.0.is_empty(),
            // Rules for trailers may read the response's headers.
            Phase::ResponseHeaders => !plan.response.0.is_empty() || plan.later_inputs.reads_response(),
            Phase::ResponseTrailers => !plan.response_trailers.0.is_empty(),
            _ => true,
        }
    }
}

impl HttpFilter for AddHeader {
    type Stream = Stream;
    type Tag = NoTag;
}

impl OnRequestHeaders for AddHeader {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        let Plan { request: rules, inputs, later_inputs, .. } = &*self.plan;
        if inputs.is_empty() {
            rules.apply(headers.any_phase(), &Inputs::none(), &self.counters.request)?;
            return Ok(Flow::Continue);
        }
        let request = inputs.capture(headers)?;
        rules.apply(headers.any_phase(), &Inputs::of_request(&request), &self.counters.request)?;
        if !later_inputs.is_empty() {
            stream.kept().request = later_inputs.restrict(request)?;
        }
        Ok(Flow::Continue)
    }
}

impl OnRequestTrailers for AddHeader {
    fn on_request_trailers(
        &self,
        stream: &mut Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError> {
        let counters = &self.counters.request_trailers;
        self.plan.request_trailers.apply(trailers.any_phase(), &stream.inputs(), counters)
    }
}

impl OnResponseHeaders for AddHeader {
    fn on_response_headers(
        &self,
        stream: &mut Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        if self.plan.later_inputs.reads_response() {
            stream.kept().response = headers.pairs()?;
        }
        self.plan.response.apply(headers.any_phase(), &stream.inputs(), &self.counters.response)
    }
}

impl OnResponseTrailers for AddHeader {
    fn on_response_trailers(
        &self,
        stream: &mut Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError> {
        let counters = &self.counters.response_trailers;
        self.plan.response_trailers.apply(trailers.any_phase(), &stream.inputs(), counters)
    }
}

proxy_filter::http_filter!(AddHeader: RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers; Specialize);
