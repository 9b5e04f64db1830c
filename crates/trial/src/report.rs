//! What a filter did.

use std::collections::BTreeMap;

use proxy_model::Headers;
use serde::Serialize;

use crate::bytes::Bytes;
use crate::log::LogLine;
use crate::metric::prometheus_name;
use crate::refusal::Refusal;
use crate::trial::HeaderList;

/// What a filter did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What became of the traffic.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The lines that the filter logged.
    pub log: Vec<LogLine>,
    /// The filter's counters and gauges, when it has reported them, by their names in Envoy without `wasmcustom.`.
    pub counters: BTreeMap<String, u64>,
    /// What it cost, if the caller measured it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

/// What became of the traffic.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// None was sent: the filter refused the configuration.
    Refused(Refusal),
    /// The requests with their responses.
    Exchanges(Vec<Exchange>),
    /// The bytes of the connections.
    Connections(Vec<Connection>),
}

/// A request and its response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exchange {
    /// The request: `after` the filter it is as the upstream received it, and absent if it did not reach the upstream.
    pub request: Sides<Message>,
    /// The response: `before` the filter it is as the upstream sent it, and absent if the upstream sent none.
    pub response: Sides<Message>,
    /// Whose response it is.
    pub responder: Responder,
}

/// A message or the bytes of a connection without the filter, and with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sides<T> {
    /// Without the filter.
    pub before: Option<T>,
    /// With it.
    pub after: Option<T>,
}

/// A request or response.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Message {
    /// The status of a response. 0 if the client never got a response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The headers in order, with the pseudo-headers of a request.
    pub headers: HeaderList,
    /// The body.
    pub body: Bytes,
    /// The trailers.
    pub trailers: HeaderList,
}

/// Whose response a client received. The filter may have changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Responder {
    /// The upstream's.
    Upstream,
    /// The filter's own.
    Filter,
    /// The proxy's, because the filter failed or the request cannot be sent.
    Proxy,
    /// None: the filter waits for something that never happens.
    Nobody,
}

/// The bytes of a connection in both directions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connection {
    /// From the client to the upstream.
    pub to_upstream: Sides<Bytes>,
    /// From the upstream to the client.
    pub to_client: Sides<Bytes>,
}

/// What the filter cost, its configuration included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// The instructions of the module.
    pub instructions: u64,
    /// The calls to the host.
    pub hostcalls: u64,
}

impl Report {
    /// Returns whether the filter accepted the configuration and did not panic.
    pub fn is_success(&self) -> bool {
        self.refusal().is_none() && !self.log.iter().any(LogLine::is_panic)
    }

    /// Returns the counters and gauges by the names that Prometheus shows with the labels of `deploy/`, such as
    /// `rate_limit_allowed{rule="per-ip"}`. Leaves out the label `filter`, which all of them share.
    pub fn prometheus_counters(&self) -> BTreeMap<String, u64> {
        let mut counters = BTreeMap::<_, u64>::new();
        for (name, value) in &self.counters {
            let sum = counters.entry(prometheus_name(name)).or_default();
            *sum = sum.saturating_add(*value);
        }
        counters
    }

    /// Returns why the filter refused the configuration, if it did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.outcome {
            Outcome::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

impl From<&proxy_model::Request> for Message {
    fn from(request: &proxy_model::Request) -> Self {
        Self {
            status: None,
            headers: list(&request.headers),
            body: Bytes(request.body.concat()),
            trailers: list(&request.trailers),
        }
    }
}

impl From<&proxy_model::Response> for Message {
    fn from(response: &proxy_model::Response) -> Self {
        let mut headers = response.headers.clone();
        headers.remove(b":status");
        Self {
            status: Some(response.status()),
            headers: list(&headers),
            body: Bytes(response.body.concat()),
            trailers: list(&response.trailers),
        }
    }
}

fn list(headers: &Headers) -> HeaderList {
    let pair = |(name, value): (&[u8], &[u8])| (String::from_utf8_lossy(name).into_owned(), value.into());
    headers.iter().map(pair).collect()
}

impl From<proxy_model::Responder> for Responder {
    fn from(responder: proxy_model::Responder) -> Self {
        match responder {
            proxy_model::Responder::Upstream => Self::Upstream,
            proxy_model::Responder::Filter => Self::Filter,
            proxy_model::Responder::Proxy => Self::Proxy,
            proxy_model::Responder::Nobody => Self::Nobody,
        }
    }
}
