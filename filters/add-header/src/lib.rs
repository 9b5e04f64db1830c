//! Adds, sets, renames and removes headers and trailers of requests and responses.
//!
//! Conditions and templates see the request and the response as they arrived at this filter. Of a request,
//! the filter keeps only what rules of later phases read.

mod compile;
mod config;
mod protected;
mod rule;
mod value;

use proxy_filter::headers::{HeaderPairs, RequestTrailers, ResponseTrailers};
use proxy_filter::http::{OnRequestTrailers, OnResponseTrailers};
use proxy_filter::inputs::{InputSet, Inputs, Snapshot};
use proxy_filter::prelude::*;

use config::Config;
use rule::Rules;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct AddHeader {
    request: Rules,
    request_trailers: Rules,
    response: Rules,
    response_trailers: Rules,
    /// The inputs of all rules.
    inputs: InputSet,
    /// The inputs of the rules that run after the request's headers.
    later_inputs: InputSet,
}

/// What the rules of later phases read.
#[derive(Debug, Default)]
pub struct Stream {
    request: Snapshot,
    response: HeaderPairs,
}

impl Stream {
    fn inputs(&self) -> Inputs<'_> {
        Inputs { request: &self.request, response: &self.response }
    }
}

impl Filter for AddHeader {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        Config::parse(configuration)?.try_into()
    }
}

impl HttpFilter for AddHeader {
    type Stream = Stream;
    type Tag = NoCalls;
}

impl OnRequestHeaders for AddHeader {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        let request = self.inputs.capture(headers)?;
        self.request.apply(headers, &Inputs::of_request(&request))?;
        stream.request =
            if self.later_inputs == self.inputs { request } else { self.later_inputs.restrict(request)? };
        Ok(Flow::Continue)
    }
}

impl OnRequestTrailers for AddHeader {
    fn on_request_trailers(
        &self,
        stream: &mut Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError> {
        self.request_trailers.apply(trailers, &stream.inputs())
    }
}

impl OnResponseHeaders for AddHeader {
    fn on_response_headers(
        &self,
        stream: &mut Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        if self.later_inputs.reads_response() {
            stream.response = headers.pairs()?;
        }
        self.response.apply(headers, &stream.inputs())
    }
}

impl OnResponseTrailers for AddHeader {
    fn on_response_trailers(
        &self,
        stream: &mut Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError> {
        self.response_trailers.apply(trailers, &stream.inputs())
    }
}

proxy_filter::http_filter!(AddHeader: RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers);
