//! The rate limit service decides about a request, whatever it answers.
//!
//! - `OK` passes the request on, `OVER_LIMIT` limits it, and everything else is a failure, after which `on_error` decides: bytes
//!   that are not the message, other codes, gRPC errors, HTTP, silence.
//! - The upstream gets the service's request headers in place of the client's own, and the client gets its response headers, if
//!   they are headers and neither frame a body, belong to a connection, select the route, nor are gRPC's status.
//! - A limited reply has the service's body, up to 64 KiB, and says when to retry only if the service does.
#![no_main]

use std::rc::Rc;

use arbitrary::Arbitrary;
use fuzz::decision::{Decision, Header, Limit, Status, is_settable, settable};
use fuzz::filters::FILTERS;
use fuzz::headers::{is_name, is_value};
use fuzz::script::Script;
use libfuzzer_sys::fuzz_target;
use prost::Message;
use proxy_model::{Exchange, Headers, Request, Responder, Response, Service};

/// rate-limit and rate-limit-body.
const LIMITERS: [usize; 2] = [2, 5];

const ON_ERROR: [&str; 3] = ["allow", "deny", "local"];

/// The most bytes of the service's body in a reply.
const MOST_BODY: usize = 64 * 1024;

/// A year, in seconds.
const LONGEST_WAIT: u64 = 366 * 86_400;

const NAMES: [&str; 20] = [
    "x-a",
    "X-B",
    "x-c",
    "set-cookie",
    "retry-after",
    "ratelimit",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "host",
    ":path",
    ":status",
    "grpc-status",
    "grpc-message",
    "x y",
    "",
    "x-a\r\nx-b",
    "é",
];

/// Headers of the filter itself.
const OWN: [&str; 7] = [
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "content-type",
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    has_body: bool,
    on_error: u8,
    is_grpc: bool,
    request: Vec<(u8, &'a [u8])>,
    response: Vec<(u8, &'a [u8])>,
    answer: Answer<'a>,
}

#[derive(Arbitrary, Debug)]
enum Answer<'a> {
    Bytes(&'a [u8]),
    Fields(Fields<'a>),
    /// The fields, cut off or with other bytes behind them.
    Broken(Fields<'a>, u16, &'a [u8]),
    Status(u8),
    Http(u8, &'a str),
    Silent,
    Down,
}

#[derive(Arbitrary, Debug)]
struct Fields<'a> {
    code: u8,
    statuses: Vec<Reported>,
    to_client: Vec<(u8, &'a str, &'a [u8])>,
    to_upstream: Vec<(u8, &'a str, &'a [u8])>,
    body: &'a [u8],
    /// Half of the length of the body, which repeats these bytes.
    body_length: u16,
}

/// What the service says of a rule.
#[derive(Arbitrary, Debug)]
struct Reported {
    code: u8,
    /// Requests and their unit.
    limit: Option<(u32, u8)>,
    remaining: u32,
    /// Seconds and nanoseconds.
    reset: Option<(i64, i32)>,
}

fuzz_target!(|input: Input<'_>| {
    let on_error = ON_ERROR[usize::from(input.on_error) % ON_ERROR.len()];
    let configuration = format!(
        r#"{{"rules": [{{"key": [{{"client_ip": {{}}}}], "limit": 9, "period": "1s", "slots": 8}}],
             "headers": ["retry-after", "ratelimit", "x-ratelimit"],
             "global": {{"cluster": "ratelimit", "domain": "d", "on_error": "{on_error}"}}}}"#
    );
    let proxy = FILTERS[LIMITERS[usize::from(input.has_body)]].proxy(1, &Rc::new(Script::default()));
    let mut plugin = proxy.load(configuration, "plugin").expect("the configuration is valid");
    let (service, decision) = input.answer.service();
    proxy.service("ratelimit", service);
    let mut request = Request::get("/");
    fill(&mut request.headers, &input.request);
    if input.is_grpc {
        request.headers.replace(b"content-type", b"application/grpc");
    }
    let mut response = Response::new(200);
    fill(&mut response.headers, &input.response);
    plugin.set_upstream(response.clone());
    let exchange = plugin.send(0, &request);
    assert_eq!(proxy.calls_to("ratelimit").len(), 1);
    assert_eq!(proxy.calls_outstanding(), 0);
    let is_grpc =
        request.headers.first(b"content-type").is_some_and(|kind| kind.starts_with(b"application/grpc"));
    match decision.filter(|decision| matches!(decision.code, 1 | 2)) {
        Some(decision) if decision.code == 1 => check_allowed(&decision, &request, &response, &exchange),
        Some(decision) => check_limited(&decision, &exchange, is_grpc),
        None if on_error == "deny" => check_reply(&exchange, 503, 14, is_grpc),
        None => check_allowed(&Decision::default(), &request, &response, &exchange),
    }
});

fn name(number: u8) -> &'static str {
    NAMES[usize::from(number) % NAMES.len()]
}

/// Adds headers as a proxy does, which refuses others.
fn fill(headers: &mut Headers, from: &[(u8, &[u8])]) {
    for (number, value) in from {
        let name = name(*number).to_lowercase();
        if is_settable(&name) && is_value(value) {
            headers.append(name, value);
        }
    }
}

impl Answer<'_> {
    /// Returns the service, and its decision if it answers with one.
    fn service(&self) -> (Service, Option<Decision>) {
        let message = match self {
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Fields(fields) => fields.decision().encode_to_vec(),
            Self::Broken(fields, end, rest) => {
                let mut bytes = fields.decision().encode_to_vec();
                bytes.truncate((*end).into());
                [&bytes, *rest].concat()
            }
            Self::Status(status) => return (Service::GrpcStatus((*status).into()), None),
            Self::Http(status, body) => {
                return (Service::Http(Response::new((*status).into()).body(&[body])), None);
            }
            Self::Silent => return (Service::Silent, None),
            Self::Down => return (Service::Down, None),
        };
        let decision = Decision::decode(message.as_slice()).ok();
        (Service::Grpc(message), decision)
    }
}

impl Fields<'_> {
    fn decision(&self) -> Decision {
        let header = |(number, value, raw): &(u8, &str, &[u8])| Header {
            name: name(*number).into(),
            value: (*value).into(),
            raw: raw.to_vec(),
        };
        let statuses = self.statuses.iter().map(|reported| Status {
            code: (reported.code % 4).into(),
            limit: reported.limit.map(|(requests, unit)| Limit { requests, unit: (unit % 9).into() }),
            remaining: reported.remaining,
            reset: reported.reset.map(|(seconds, nanos)| prost_types::Duration { seconds, nanos }),
        });
        Decision {
            code: (self.code % 4).into(),
            statuses: statuses.collect(),
            to_client: self.to_client.iter().map(header).collect(),
            to_upstream: self.to_upstream.iter().map(header).collect(),
            body: self.body.iter().copied().cycle().take(usize::from(self.body_length) * 2).collect(),
        }
    }
}

fn check_allowed(decision: &Decision, request: &Request, response: &Response, exchange: &Exchange) {
    assert_eq!(exchange.responder, Responder::Upstream, "{exchange}");
    let upstream = exchange.upstream.as_ref().expect("the upstream responded");
    let set = settable(&decision.to_upstream);
    check_names(&request.headers, &upstream.headers);
    for name in names(&request.headers, &upstream.headers, &set) {
        let own = values(&set, &name);
        let expected = if own.is_empty() { request.headers.values(&name) } else { own };
        assert_eq!(upstream.headers.values(&name), expected, "{name} to the upstream");
    }
    let added = settable(&decision.to_client);
    check_names(&response.headers, &exchange.response.headers);
    for name in names(&response.headers, &exchange.response.headers, &added) {
        let expected = [response.headers.values(&name), values(&added, &name)].concat();
        assert_eq!(exchange.response.headers.values(&name), expected, "{name} to the client");
    }
}

fn check_limited(decision: &Decision, exchange: &Exchange, is_grpc: bool) {
    check_reply(exchange, 429, 8, is_grpc);
    let added = settable(&decision.to_client);
    let received = &exchange.response.headers;
    check_names(&Headers::default(), received);
    for (name, value) in added.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        let value = String::from_utf8_lossy(value).into_owned();
        assert!(received.values(name).contains(&value), "{name} to the client");
    }
    let body = exchange.response.body.concat();
    if !is_grpc && !decision.body.is_empty() {
        assert_eq!(body, decision.body[..decision.body.len().min(MOST_BODY)]);
    }
    if !added.iter().any(|(name, _)| name == "retry-after") {
        let says = |status: &&Status| status.code == 2 && status.reset.is_some();
        let longest = decision
            .statuses
            .iter()
            .filter(says)
            .filter_map(|status| status.reset.as_ref())
            .map(|reset| reset.seconds.max(0).unsigned_abs().saturating_add((reset.nanos > 0).into()));
        let expected = longest.max().map(|seconds| seconds.clamp(1, LONGEST_WAIT).to_string());
        assert_eq!(received.values("retry-after"), Vec::from_iter(expected));
    }
}

fn check_reply(exchange: &Exchange, status: u16, grpc_status: u32, is_grpc: bool) {
    assert_eq!(exchange.responder, Responder::Filter, "{exchange}");
    assert!(exchange.upstream.is_none(), "{exchange}");
    let expected = if is_grpc { (200, vec![grpc_status.to_string()]) } else { (status, Vec::new()) };
    assert_eq!((exchange.response.status(), exchange.response.headers.values("grpc-status")), expected);
    check_names(&Headers::default(), &exchange.response.headers);
}

/// Checks that headers are what they may be, apart from those that were there before.
fn check_names(before: &Headers, after: &Headers) {
    for (name, value) in after.iter().filter(|pair| !before.iter().any(|old| old == *pair)) {
        let shown = format!("{}: {}", name.escape_ascii(), value.escape_ascii());
        // The proxy encodes the message of a reply to a gRPC client.
        let is_right = is_value(value) || name == b"grpc-message";
        assert!(is_name(name.strip_prefix(b":").unwrap_or(name)) && is_right, "wrote {shown}");
    }
}

/// Returns the names of headers that neither the filter nor the model adds by itself. Those of which a message has only one
/// are left out: the model joins their values, as Envoy does.
fn names(before: &Headers, after: &Headers, set: &[(String, Vec<u8>)]) -> Vec<String> {
    let pairs = before.iter().chain(after.iter());
    let all = pairs.map(|(name, _)| String::from_utf8_lossy(name).into_owned());
    let all = all.chain(set.iter().map(|(name, _)| name.clone()));
    all.filter(|name| {
        !OWN.contains(&name.as_str()) && !["content-length", "x-request-id"].contains(&name.as_str())
    })
    .collect()
}

fn values(pairs: &[(String, Vec<u8>)], name: &str) -> Vec<String> {
    let of_name = pairs.iter().filter(|(n, _)| n == name);
    of_name.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}
