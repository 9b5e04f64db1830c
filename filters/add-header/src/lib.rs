//! Adds, sets, renames and removes headers and trailers of requests and responses.
//!
//! Conditions and templates see the request and the response as they arrived at this filter. What the
//! rules of later phases need of the request is kept until then, and nothing else.

mod config;
mod guard;
mod rule;

use proxy_filter::headers::{HeaderPairs, RequestTrailers, ResponseTrailers};
use proxy_filter::http::{OnRequestTrailers, OnResponseTrailers};
use proxy_filter::inputs::{InputSet, Inputs, Snapshot};
use proxy_filter::prelude::*;

use rule::Rules;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct AddHeader {
    request: Rules,
    request_trailers: Rules,
    response: Rules,
    response_trailers: Rules,
    /// What all rules need of the request.
    needs: InputSet,
    /// What those need that come after the request's headers.
    later_needs: InputSet,
}

/// What later rules need to know of their stream.
#[derive(Debug, Default)]
pub struct Stream {
    request: Snapshot,
    response: HeaderPairs,
}

impl Filter for AddHeader {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration)
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
        let arrived = self.needs.capture(headers)?;
        self.request.apply(headers, &Inputs::of_request(&arrived))?;
        stream.request =
            if self.later_needs == self.needs { arrived } else { arrived.only(&self.later_needs)? };
        Ok(Flow::Continue)
    }
}

impl OnRequestTrailers for AddHeader {
    fn on_request_trailers(
        &self,
        stream: &mut Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError> {
        self.request_trailers.apply(trailers, &Inputs::of_request(&stream.request))
    }
}

impl OnResponseHeaders for AddHeader {
    fn on_response_headers(
        &self,
        stream: &mut Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        if self.later_needs.reads_response() {
            stream.response = headers.pairs()?;
        }
        self.response.apply(headers, &Inputs { request: &stream.request, response: &stream.response })
    }
}

impl OnResponseTrailers for AddHeader {
    fn on_response_trailers(
        &self,
        stream: &mut Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError> {
        self.response_trailers
            .apply(trailers, &Inputs { request: &stream.request, response: &stream.response })
    }
}

proxy_filter::http_filter!(AddHeader: RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers);
