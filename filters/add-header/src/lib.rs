//! Adds, sets, replaces and removes headers of requests and responses.
//!
//! Conditions and templates see the request as it arrived at this filter. What the response's rules
//! need of it is kept until the response comes, and nothing else.

mod config;
mod guard;
mod rule;

use proxy_filter::headers::HeaderPairs;
use proxy_filter::prelude::*;

use rule::Rule;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct AddHeader {
    request: Vec<Rule>,
    response: Vec<Rule>,
    /// Request headers that the request's rules read.
    request_reads: Vec<HeaderName>,
    /// Request headers that the response's rules read.
    response_reads: Vec<HeaderName>,
}

/// What a response's rules need to know of its request.
#[derive(Debug, Default)]
pub struct Stream {
    request: HeaderPairs,
}

impl Filter for AddHeader {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        let (request, response) = config::compile(configuration)?;
        let reads = |rules: &[Rule]| rules.iter().flat_map(Rule::reads).cloned().collect();
        Ok(Self { request_reads: reads(&request), response_reads: reads(&response), request, response })
    }
}

impl HttpFilter for AddHeader {
    type Stream = Stream;
    type Tag = ();
}

impl OnRequestHeaders for AddHeader {
    fn on_request_headers(
        &self,
        stream: &mut Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow, HostError> {
        let mut arrived = HeaderPairs::default();
        if !self.request_reads.is_empty() || !self.response_reads.is_empty() {
            arrived = headers.pairs()?;
            stream.request = arrived.only(&self.response_reads)?;
        }
        for rule in &self.request {
            rule.apply(headers, &arrived)?;
        }
        Ok(Flow::Continue)
    }
}

impl OnResponseHeaders for AddHeader {
    fn on_response_headers(
        &self,
        stream: &mut Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        for rule in &self.response {
            rule.apply(headers, &stream.request)?;
        }
        Ok(())
    }
}

proxy_filter::http_filter!(AddHeader: RequestHeaders, ResponseHeaders);
