//! The rate limit service, which several Envoys share. The filter calls it once the local rules have allowed a request.

use std::time::Duration;

use prost::Message;
use proxy_filter::HostError;
use proxy_filter::callout::{Call, CallResponse};
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::inputs::Inputs;

use crate::header_list::HeaderList;
use crate::rls::{self, Code};
use crate::rule::Rule;

/// The most bytes of the service's body in a reply.
const BODY_LIMIT: usize = 64 * 1024;

/// The longest `retry-after`, in seconds: a year.
const RETRY_LIMIT: u64 = 366 * 86400;

/// A service that speaks Envoy's Rate Limit Service v3, and what to do if it fails.
#[derive(Debug)]
pub(crate) struct RateLimitService {
    pub(crate) cluster: String,
    pub(crate) domain: String,
    pub(crate) timeout: Duration,
    /// Whether to deny requests if the service fails. Otherwise they pass, because the local rules allowed them.
    pub(crate) denies_on_error: bool,
}

/// The service's decision about a request.
#[derive(Debug)]
pub(crate) struct ServiceDecision {
    pub(crate) is_over_limit: bool,
    /// One status per rule in the call, if the service reports them.
    pub(crate) statuses: Vec<rls::Status>,
    pub(crate) request_headers: HeaderList,
    pub(crate) response_headers: HeaderList,
    pub(crate) body: Vec<u8>,
}

impl RateLimitService {
    /// Builds the call for these rules, and returns the indices of the rules in it. `None` if no rule needs a call.
    pub(crate) fn call<'a>(
        &self,
        rules: impl Iterator<Item = &'a Rule>,
        inputs: &Inputs<'_>,
    ) -> Result<Option<(Call, Vec<usize>)>, HostError> {
        let mut keys = Vec::new();
        for rule in rules.filter(|rule| rule.plan.asks_service()) {
            keys.extend(rule.plan.key.entries(&rule.plan.name, inputs)?.map(|entries| (rule, entries)));
        }
        // Limitador reads only this field, so it is the highest cost of all rules.
        let Some(highest_cost) = keys.iter().map(|(rule, _)| rule.plan.limit.cost).max() else {
            return Ok(None);
        };
        let hits_addend = u32::try_from(highest_cost).unwrap_or(u32::MAX);
        let asked = keys.iter().map(|(rule, _)| rule.position).collect();
        let descriptor = |(rule, entries): (&Rule, Vec<(String, String)>)| rls::Descriptor {
            entries: entries.into_iter().map(|(key, value)| rls::Entry { key, value }).collect(),
            hits_addend: (rule.plan.limit.cost != u64::from(hits_addend)).then_some(rule.plan.limit.cost),
        };
        let request = rls::Request {
            domain: self.domain.clone(),
            descriptors: keys.into_iter().map(descriptor).collect(),
            hits_addend,
        };
        let call = Call::grpc(&self.cluster, rls::SERVICE, rls::METHOD, request.encode_to_vec());
        Ok(Some((call.timeout(self.timeout), asked)))
    }
}

/// Reads the service's response.
///
/// # Errors
/// The service failed, or its response is not a decision.
pub(crate) fn read(response: CallResponse) -> Result<ServiceDecision, String> {
    let message = match response {
        CallResponse::Grpc(message) => message,
        CallResponse::Failed(reason) => return Err(reason.to_string()),
        CallResponse::Http(..) => return Err("the response is HTTP, not gRPC".into()),
    };
    let response = rls::Response::decode(message.as_slice()).map_err(|error| error.to_string())?;
    let is_over_limit = match response.overall_code() {
        Code::Ok => false,
        Code::OverLimit => true,
        Code::Unknown => return Err("the response has the code UNKNOWN".into()),
    };
    let mut body = response.raw_body;
    body.truncate(BODY_LIMIT);
    Ok(ServiceDecision {
        is_over_limit,
        request_headers: settable(response.request_headers_to_add),
        response_headers: settable(response.response_headers_to_add),
        statuses: response.statuses,
        body,
    })
}

/// Keeps the headers that a filter may set. Drops those that belong to the connection, frame the body, or carry a gRPC
/// status.
fn settable(headers: Vec<rls::Header>) -> HeaderList {
    let header = |header: rls::Header| {
        let name = HeaderName::new(&header.key).ok()?;
        let value = if header.value.is_empty() { header.raw_value } else { header.value.into_bytes() };
        let is_status = name.as_str() == "host" || name.as_str().starts_with("grpc-");
        let allowed = !name.is_framing() && !name.is_hop_by_hop() && !is_status;
        allowed.then_some((name, HeaderValue::new(value).ok()?))
    };
    headers.into_iter().filter_map(header).collect()
}

impl ServiceDecision {
    /// Returns the rules that limit the request: those that the service reports as over limit, or all if it reports
    /// none.
    pub(crate) fn limiting<'a>(&self, asked: &'a [usize]) -> Vec<&'a usize> {
        let is_over_limit = |(_, status): &(&usize, &rls::Status)| status.code() == Code::OverLimit;
        let reported: Vec<_> =
            asked.iter().zip(&self.statuses).filter(is_over_limit).map(|(rule, _)| rule).collect();
        if reported.is_empty() { asked.iter().collect() } else { reported }
    }

    /// Returns the seconds until the service would allow the request, if it reports them.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        let over_limit = self.statuses.iter().filter(|status| status.code() == Code::OverLimit);
        let seconds = over_limit.filter_map(|status| Some(status.duration_until_reset?.whole_seconds()));
        seconds.max().map(|seconds| seconds.clamp(1, RETRY_LIMIT))
    }
}
