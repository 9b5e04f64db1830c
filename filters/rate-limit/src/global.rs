//! Limits that several Envoys share: an engine that speaks Envoy's Rate Limit Service v3 is asked once the local
//! rules have admitted a request.

use std::time::Duration;

use prost::Message;
use proxy_filter::HostError;
use proxy_filter::callout::{Call, CallResponse};
use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter::inputs::Inputs;

use crate::report::Report;
use crate::rls::{self, Code};
use crate::rule::Rule;

/// Bytes of an engine's body that a refused client gets at most.
const MOST_BODY: usize = 64 * 1024;

/// Seconds that clients are told to wait at most: a year.
const MOST_SECONDS: u64 = 366 * 86400;

/// The engine, and what to do without it.
#[derive(Debug)]
pub(crate) struct Global {
    pub(crate) cluster: String,
    pub(crate) domain: String,
    pub(crate) timeout: Duration,
    /// Whether requests are refused while the engine fails. Else they pass, as the local rules said.
    pub(crate) denies_on_error: bool,
}

/// What the engine says of a request.
#[derive(Debug)]
pub(crate) struct Decision {
    pub(crate) admits: bool,
    /// One for each rule that was asked for, where the engine gives them.
    pub(crate) statuses: Vec<rls::Status>,
    pub(crate) for_upstream: Report,
    pub(crate) for_client: Report,
    pub(crate) body: Vec<u8>,
}

impl Global {
    /// The call for these rules, and the positions of those that it asks for; `None` if there are none.
    pub(crate) fn call<'a>(
        &self,
        rules: impl Iterator<Item = &'a Rule>,
        inputs: &Inputs<'_>,
    ) -> Result<Option<(Call, Vec<usize>)>, HostError> {
        let mut keys = Vec::new();
        // One that refuses nobody cannot be told from others in the engine's answer.
        for rule in rules.filter(|rule| !rule.shadow) {
            keys.extend(rule.key.entries(&rule.name, inputs)?.map(|entries| (rule, entries)));
        }
        // Limitador reads this alone, so it is never less than what a rule says.
        let Some(highest_cost) = keys.iter().map(|(rule, _)| rule.cost).max() else {
            return Ok(None);
        };
        let hits_addend = u32::try_from(highest_cost).unwrap_or(u32::MAX);
        let asked = keys.iter().map(|(rule, _)| rule.position).collect();
        let descriptor = |(rule, entries): (&Rule, Vec<(String, String)>)| rls::Descriptor {
            entries: entries.into_iter().map(|(key, value)| rls::Entry { key, value }).collect(),
            hits_addend: (rule.cost != u64::from(hits_addend)).then_some(rule.cost),
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

/// Reads the engine's answer.
///
/// # Errors
/// Why it is none.
pub(crate) fn read(answer: CallResponse) -> Result<Decision, String> {
    let message = match answer {
        CallResponse::Grpc(message) => message,
        CallResponse::Failed(reason) => return Err(reason.to_string()),
        CallResponse::Http(..) => return Err("it answered a call that was not made".into()),
    };
    let response = rls::Response::decode(message.as_slice()).map_err(|error| error.to_string())?;
    let admits = match response.overall_code() {
        Code::Ok => true,
        Code::OverLimit => false,
        Code::Unknown => return Err("its answer has the code UNKNOWN".into()),
    };
    let mut body = response.raw_body;
    body.truncate(MOST_BODY);
    Ok(Decision {
        admits,
        for_upstream: headers(response.request_headers_to_add),
        for_client: headers(response.response_headers_to_add),
        statuses: response.statuses,
        body,
    })
}

/// Those that may be set: not what belongs to the connection, frames the body, or is a gRPC client's status.
fn headers(headers: Vec<rls::Header>) -> Report {
    let header = |header: rls::Header| {
        let name = HeaderName::new(&header.key).ok()?;
        let value = if header.value.is_empty() { header.raw_value } else { header.value.into_bytes() };
        let is_status = name.as_str() == "host" || name.as_str().starts_with("grpc-");
        let allowed = !name.is_framing() && !name.is_hop_by_hop() && !is_status;
        allowed.then_some((name, HeaderValue::new(value).ok()?))
    };
    headers.into_iter().filter_map(header).collect()
}

impl Decision {
    /// Which of the rules that were asked for refuse the request: those of which the engine says so, or else all.
    pub(crate) fn refusing<'a>(&self, asked: &'a [usize]) -> Vec<&'a usize> {
        let says_so = |(_, status): &(&usize, &rls::Status)| status.code() == Code::OverLimit;
        let named: Vec<_> = asked.iter().zip(&self.statuses).filter(says_so).map(|(rule, _)| rule).collect();
        if named.is_empty() { asked.iter().collect() } else { named }
    }

    /// Seconds until the engine would admit the request, where it says.
    pub(crate) fn retry_after_seconds(&self) -> Option<u64> {
        let refusing = self.statuses.iter().filter(|status| status.code() == Code::OverLimit);
        let seconds = refusing.filter_map(|status| Some(status.duration_until_reset?.whole_seconds()));
        seconds.max().map(|seconds| seconds.clamp(1, MOST_SECONDS))
    }
}
