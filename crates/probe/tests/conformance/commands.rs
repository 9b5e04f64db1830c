//! Exchanges in which the probe runs a command, such as adding a header with a line feed.

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
    "reply with malformed headers",
    "reply and continue",
];

const REPLIES: [&str; 2] = ["reply", "reply without a body"];

const PHASES: [&str; 4] = ["request headers", "request body", "response headers", "response body"];

/// The replies that are compared for gRPC clients.
const GRPC_REPLIES: [&str; 3] = ["reply", "reply without a body", "reply with a gRPC status"];

/// The number of requests after which one has almost certainly reached the worker that trapped.
const TRIES: usize = 100;

/// Returns the upstream's response.
pub(crate) fn response() -> Response {
    Response::new(200)
        .header("x-probe", "four")
        .header("x-probe", "five")
        .header("content-type", "text/plain")
        .body(&["abcdef"])
}

/// Returns a row for each command. The trap is last, because it ends the VM.
pub(crate) fn all(plugin: &Plugin<'_>) -> Vec<(String, String)> {
    let edits = ["request headers", "response headers"]
        .into_iter()
        .flat_map(|phase| IN_EITHER_HEADERS.map(|command| (phase, command)));
    let replies = PHASES.into_iter().flat_map(|phase| REPLIES.map(|command| (phase, command)));
    let mut rows: Vec<_> = edits
        .chain(IN_REQUEST_HEADERS.map(|command| ("request headers", command)))
        .chain(replies)
        .map(|(phase, command)| {
            let row = format!("{phase}: {command}");
            let exchange = plugin.try_send(&request(&row));
            // When the filter replies in the body phase, the upstream may or may not have received the headers.
            let upstream = phase != "request body";
            (row, exchange.map_or_else(|_| NOT_HTTP.to_owned(), |exchange| shown(&exchange, upstream)))
        })
        .collect();
    for command in GRPC_REPLIES {
        let row = format!("request headers: {command}");
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

fn request(command: &str) -> Request {
    Request::post("/command", &["abcdef"])
        .header("x-command", command)
        .header("x-probe", "one")
        .header("x-probe", "two")
        .header("content-type", "text/plain")
        .from("127.0.0.1")
}

const NOT_HTTP: &str = "not HTTP";

/// Shows an exchange, without the parts that differ from run to run.
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

/// Returns whether a client can read the response. The model returns any response.
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
    // The order of pseudo-headers has no meaning.
    own.sort_by_key(|(name, _)| if name.starts_with(b":") { *name } else { b"x" });
    own.iter().map(|(name, value)| format!("{}={};", name.escape_ascii(), value.escape_ascii())).collect()
}
