//! Exchanges in which the probe does something odd.

use proxy_filter::headers::{HeaderName, HeaderValue};
use proxy_filter_test::{Exchange, Headers, Plugin, Request, Response};

const IN_EITHER_HEADERS: [&str; 14] = [
    "nothing",
    "carriage return",
    "line feed",
    "NUL",
    "DEL",
    "UTF-8",
    "space in a name",
    "no name",
    "upper-case name",
    "append",
    "append to an inline header",
    "replace a repeated header",
    "replace an absent header",
    "remove a repeated header",
];

const IN_REQUEST_HEADERS: [&str; 12] = [
    "set the host",
    "set the path",
    "append to the path",
    "set the authority",
    "reply with a repeated header",
    "reply with a line feed",
    "reply with a content type",
    "reply with status 0",
    "reply with status 99",
    "reply with status 999",
    "reply with headers that are none",
    "reply and continue",
];

const REPLIES: [&str; 2] = ["reply", "reply without a body"];

const PHASES: [&str; 4] = ["request headers", "request body", "response headers", "response body"];

/// As gRPC clients see them.
const GRPC_REPLIES: [&str; 3] = ["reply", "reply without a body", "reply with a gRPC status"];

/// Requests after which a worker that trapped must have been met again.
const TRIES: usize = 100;

/// What the upstream answers.
pub(crate) fn response() -> Response {
    Response::new(200)
        .header("x-probe", "four")
        .header("x-probe", "five")
        .header("content-type", "text/plain")
        .body(&["abcdef"])
}

/// A row for each deed; a trap comes last, since nothing comes after it.
pub(crate) fn all(plugin: &Plugin<'_>) -> Vec<(String, String)> {
    let edits = ["request headers", "response headers"]
        .into_iter()
        .flat_map(|phase| IN_EITHER_HEADERS.map(|deed| (phase, deed)));
    let replies = PHASES.into_iter().flat_map(|phase| REPLIES.map(|deed| (phase, deed)));
    let mut rows: Vec<_> = edits
        .chain(IN_REQUEST_HEADERS.map(|deed| ("request headers", deed)))
        .chain(replies)
        .map(|(phase, deed)| {
            let row = format!("{phase}: {deed}");
            let exchange = plugin.try_send(&request(&row));
            // Whether the upstream has seen the headers when a reply is made in the body is chance.
            let upstream = phase != "request body";
            (row, exchange.map_or_else(|_| NOT_HTTP.to_owned(), |exchange| shown(&exchange, upstream)))
        })
        .collect();
    for deed in GRPC_REPLIES {
        let row = format!("request headers: {deed}");
        let mut request = request(&row);
        request.headers.replace(b"content-type", b"application/grpc");
        rows.push((format!("gRPC {row}"), shown(&plugin.send(request), false)));
    }
    let trap = request("response headers: trap");
    rows.push(("trap".into(), shown(&plugin.send(trap), true)));
    let failed =
        (0..TRIES).map(|_| plugin.send(request("request headers: nothing"))).find(|e| e.status() != 200);
    rows.push(("after the trap".into(), failed.map_or("no failure".into(), |failed| shown(&failed, true))));
    rows
}

fn request(deed: &str) -> Request {
    Request::post("/deed", &["abcdef"])
        .header("x-deed", deed)
        .header("x-probe", "one")
        .header("x-probe", "two")
        .header("content-type", "text/plain")
        .from("127.0.0.1")
}

const NOT_HTTP: &str = "not HTTP";

/// What became of an exchange, but for what differs from run to run.
fn shown(exchange: &Exchange, with_upstream: bool) -> String {
    let upstream = match (with_upstream, exchange.reached_upstream()) {
        (false, _) => String::new(),
        (true, false) => "none -> ".into(),
        (true, true) => format!("{} -> ", pairs(&exchange.upstream_headers())),
    };
    let response = match is_http(exchange) {
        true => format!("{} {} `{}`", exchange.status(), pairs(exchange.headers()), exchange.body()),
        false => return NOT_HTTP.into(),
    };
    format!("{upstream}{response}")
}

/// The model shows every response, also those that no client can read.
fn is_http(exchange: &Exchange) -> bool {
    let is_pair = |name: &[u8], value: &[u8]| {
        let name = String::from_utf8_lossy(name);
        HeaderName::readable(&name).is_ok() && HeaderValue::new(value).is_ok()
    };
    let length = exchange.header("content-length");
    let is_whole = length.first().is_none_or(|length| *length == exchange.body().len().to_string());
    is_whole
        && exchange.status() >= 100
        && exchange.headers().iter().all(|(name, value)| is_pair(name, value))
}

fn pairs(headers: &Headers) -> String {
    const OTHERS: [&[u8]; 5] = [b":path", b":authority", b"content-type", b"grpc-status", b"grpc-message"];
    let mut own: Vec<_> =
        headers.iter().filter(|(name, _)| name.starts_with(b"x-probe") || OTHERS.contains(name)).collect();
    // Only the order of others means something.
    own.sort_by_key(|(name, _)| if name.starts_with(b":") { *name } else { b"x" });
    own.iter().map(|(name, value)| format!("{}={};", name.escape_ascii(), value.escape_ascii())).collect()
}
