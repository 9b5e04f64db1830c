//! Whole filters, from the host's callbacks on, get any request and response, in any order that a host may choose.
//!
//! - No name or value that a filter writes has a control character, whatever headers and attributes have.
//! - A filter does not change pseudo-headers, `host`, framing and hop-by-hop headers. Only path-rewrite sets `:path` and
//!   `:authority`.
//! - Bodies pass unchanged, unless the filter replies. A reply's status is between 200 and 599.
//! - A filter whose rules do not apply changes nothing.
//! - No stream waits for ever, and none leaves a call or memory behind.
//!
//! Streams end before or between any callbacks, callbacks come that no call waits for, and the rate limit service responds with
//! any bytes, fails, or is silent until the call times out or the client leaves.
#![no_main]

use std::alloc::System;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use arbitrary::Arbitrary;
use fuzz::configurations::{idle, rich};
use fuzz::filters::{FILTERS, Filter, HTTP};
use fuzz::headers::{is_name, is_value};
use fuzz::script::{Script, Stray};
use libfuzzer_sys::fuzz_target;
use proxy_filter::sys::LogLevel;
use proxy_model::{Exchange, Headers, Plugin, Proxy, Request, Responder, Response, Service};
use serde_json::Value;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often a stream is repeated if one of its kind left memory behind. What grows to a bound stops growing earlier.
const REPETITIONS: usize = 24;

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT"];
const SCHEMES: [&str; 3] = ["http", "https", "HTTP"];
const STATUSES: [u16; 8] = [200, 204, 301, 302, 401, 404, 429, 503];
const CLIENTS: [&str; 5] = ["10.0.0.1", "192.0.2.7", "2001:db8::1", "::ffff:10.0.0.1", "@"];
const AUTHORITIES: [&str; 8] = [
    "a.example",
    "www.example.org",
    "B.example:8080",
    "[::1]:80",
    "",
    "a.example:",
    "shop.example.com",
    "x@a.example",
];
const PATHS: [&str; 16] = [
    "/",
    "/old",
    "/docs",
    "/users/7/posts/",
    "/shop/",
    "/banana/",
    "/a/b",
    "/sni",
    "/c",
    "/health",
    "//",
    "/a/../",
    "*",
    "",
    "/%2e%2e/",
    "/users/1",
];

/// Names of headers and trailers.
const NAMES: [&str; 40] = [
    "x-a",
    "x-b",
    "x-c",
    "x-old",
    "x-new",
    "x-api-key",
    "x-tenant",
    "x-tokens",
    "x-internal-a",
    "x_internal_a",
    "x-a-internal1",
    "authorization",
    "cookie",
    "set-cookie",
    "location",
    "content-type",
    "cache-control",
    "server",
    "x-powered-by",
    "vary",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-prefix",
    "x-envoy-original-path",
    "x-env",
    "hello",
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "x-ratelimit-limit",
    "grpc-status",
    "grpc-message",
    "te",
    "connection",
    "upgrade",
    "keep-alive",
    "transfer-encoding",
    "x-request-id",
    "accept",
];

/// Attributes with values that clients or other filters choose.
const ATTRIBUTES: [&str; 12] = [
    "connection\0requested_server_name",
    "connection\0subject_peer_certificate",
    "source\0address",
    "xds\0route_name",
    "metadata\0filter_metadata\0a\0b",
    "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0sub",
    "metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0tier",
    "filter_state\0x",
    "request\0time",
    "response\0code_details",
    "upstream\0address",
    "plugin_name",
];

/// Ends of values that split a header, a path or a text.
const HOSTILE: [&str; 9] = ["\r\nx-a: b", "\n", "\r", "\0", "\x7f", "/..", "%2e%2e", "\"", " \t"];

/// What a filter must leave as it is.
const PROTECTED: [&str; 8] =
    ["host", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];

/// What the model adds to messages itself. It logs a critical error if a length is wrong.
const ADDED: [&str; 2] = ["x-request-id", "content-length"];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    filter: u8,
    configuration: u8,
    streams: Vec<Stream<'a>>,
}

#[derive(Arbitrary, Debug)]
struct Stream<'a> {
    milliseconds: u16,
    is_on_second_worker: bool,
    client: u8,
    method: u8,
    scheme: Option<u8>,
    authority: u8,
    path: (u8, &'a [u8]),
    status: u8,
    request: Message<'a>,
    response: Message<'a>,
    /// Whether values of headers have bytes that a proxy refuses.
    has_controls: bool,
    attributes: Vec<(u8, &'a [u8], Option<u8>)>,
    callbacks: Option<[u8; 2]>,
    strays: Vec<Option<Stray>>,
    service: Answer<'a>,
    client_behavior: Client,
}

#[derive(Arbitrary, Debug)]
struct Message<'a> {
    headers: Vec<(u8, &'a [u8])>,
    body: Vec<&'a [u8]>,
    trailers: Vec<(u8, &'a [u8])>,
}

#[derive(Arbitrary, Debug)]
enum Answer<'a> {
    Down,
    Silent,
    Status(u8),
    Message(&'a [u8]),
    Http(u8),
}

#[derive(Arbitrary, Debug, PartialEq)]
enum Client {
    Stays,
    /// Leaves while a call is waiting.
    Leaves,
    /// Gets no response, and leaves.
    Waits,
}

/// A configuration of a filter.
struct Configuration {
    json: String,
    /// Whether it changes nothing.
    is_idle: bool,
    /// A proxy for all inputs, if the filter keeps nothing from one stream to the next. To load a filter takes longer than to
    /// send it a request.
    shared: Option<Loaded>,
}

struct Loaded {
    proxy: Proxy,
    plugin: Plugin,
    script: Rc<Script>,
}

thread_local! {
    static CONFIGURATIONS: RefCell<Vec<Vec<Configuration>>> =
        RefCell::new(FILTERS[..HTTP].iter().map(configurations).collect());
}

fn configurations(filter: &'static Filter) -> Vec<Configuration> {
    let active = filter.configurations().chain(rich(filter.name)).map(|json| (json, false));
    let all = active.chain(idle(filter.name).map(|json| (json, true)));
    let configuration = |(json, is_idle)| {
        let json = with_small_tables(json);
        assert_eq!(filter.refuses(&json), None, "{json}");
        let counts = filter.name.starts_with("rate-limit");
        let shared = (!counts).then(|| Loaded::new(filter, &json));
        Configuration { json, is_idle, shared }
    };
    all.map(configuration).collect()
}

/// Makes the tables of rate-limit's rules small: most of the time would pass with making them.
fn with_small_tables(json: &str) -> String {
    let mut tree: Value = serde_json::from_str(json).expect("configurations are JSON");
    for rule in tree.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        if rule.get("key").and_then(Value::as_array).is_some_and(|key| !key.is_empty()) {
            rule["slots"] = 8.into();
        }
    }
    tree.to_string()
}

impl Loaded {
    fn new(filter: &Filter, json: &str) -> Self {
        let script = Rc::new(Script::default());
        let proxy = filter.proxy(2, &script);
        // The model keeps what is logged, and adds lines of its own.
        proxy.set_log_level(LogLevel::Off);
        let plugin = proxy.load(json, "plugin").expect("it was loaded before");
        Self { proxy, plugin, script }
    }
}

fn pick<T: Copy>(items: &[T], number: u8) -> T {
    items[usize::from(number) % items.len()]
}

fuzz_target!(|input: Input<'_>| {
    let number = usize::from(input.filter) % HTTP;
    let filter = &FILTERS[number];
    CONFIGURATIONS.with_borrow_mut(|configurations| {
        let configurations = &mut configurations[number];
        let place = usize::from(input.configuration) % configurations.len();
        let Configuration { json, is_idle, shared } = &mut configurations[place];
        let loaded = shared.take().unwrap_or_else(|| Loaded::new(filter, json));
        let loaded = input.run(loaded, filter.name, *is_idle);
        *shared = Some(loaded).filter(|_| !filter.name.starts_with("rate-limit"));
    });
});

impl Input<'_> {
    fn run(&self, mut loaded: Loaded, filter: &str, is_idle: bool) -> Loaded {
        for stream in &self.streams {
            let before = live();
            stream.run(&mut loaded, filter, is_idle);
            if live() > before {
                check_leak(|| stream.run(&mut loaded, filter, is_idle));
            }
        }
        assert_eq!(loaded.proxy.logs(), [""; 0]);
        loaded
    }
}

/// Returns the bytes that are allocated.
fn live() -> usize {
    let statistics = ALLOCATOR.stats();
    statistics.bytes_allocated.wrapping_sub(statistics.bytes_deallocated)
}

fn check_leak(mut run: impl FnMut()) {
    let grows = (0..REPETITIONS).all(|_| {
        let before = live();
        run();
        live() > before
    });
    assert!(!grows, "each stream leaves memory behind");
}

impl Stream<'_> {
    fn run(&self, loaded: &mut Loaded, filter: &str, is_idle: bool) {
        let Loaded { proxy, plugin, script } = loaded;
        proxy.advance(Duration::from_millis(self.milliseconds.into()));
        proxy.service("ratelimit", self.service.service());
        let attributes = self.attributes.iter().map(|(name, value, end)| {
            let end = end.map_or("", |end| pick(&HOSTILE, end));
            (pick(&ATTRIBUTES, *name).to_owned(), [*value, end.as_bytes()].concat())
        });
        script.attributes.replace(attributes.collect());
        script.callbacks.set(self.callbacks.map_or([usize::MAX; 2], |numbers| numbers.map(usize::from)));
        script.strays.replace(self.strays.clone());
        let (request, response) = (self.request(), self.response());
        plugin.set_upstream(response.clone());
        let worker = usize::from(self.is_on_second_worker);
        match self.client_behavior {
            Client::Stays => self.check(&request, &response, &plugin.send(worker, &request), filter, is_idle),
            Client::Leaves => drop(plugin.send_and_leave(worker, &request)),
            Client::Waits => drop(plugin.hold(worker, &request)),
        }
        assert_eq!(proxy.calls_outstanding(), 0);
        drop(proxy.calls_to("ratelimit"));
        script.strays.take();
        script.attributes.take();
    }

    fn request(&self) -> Request {
        let path = [pick(&PATHS, self.path.0).as_bytes(), &self.clean(self.path.1)].concat();
        let mut headers = Headers::default();
        headers.append(":method", pick(&METHODS, self.method));
        self.scheme.iter().for_each(|scheme| headers.append(":scheme", pick(&SCHEMES, *scheme)));
        headers.append(":authority", pick(&AUTHORITIES, self.authority));
        headers.append(":path", path);
        let (body, trailers) = self.fill(&self.request, &mut headers);
        Request { headers, body, trailers, client: pick(&CLIENTS, self.client).into() }
    }

    fn response(&self) -> Response {
        let mut response = Response::new(pick(&STATUSES, self.status));
        (response.body, response.trailers) = self.fill(&self.response, &mut response.headers);
        response
    }

    fn fill(&self, message: &Message<'_>, headers: &mut Headers) -> (Vec<Vec<u8>>, Headers) {
        let add =
            |to: &mut Headers, (name, value): &(u8, &[u8])| to.append(pick(&NAMES, *name), self.clean(value));
        message.headers.iter().for_each(|header| add(headers, header));
        let mut trailers = Headers::default();
        message.trailers.iter().for_each(|trailer| add(&mut trailers, trailer));
        let parts = message.body.iter().filter(|part| !part.is_empty());
        (parts.map(|part| part.to_vec()).collect(), trailers)
    }

    /// Replaces what a proxy refuses.
    fn clean(&self, value: &[u8]) -> Vec<u8> {
        let refused = |byte: &u8| !self.has_controls && byte.is_ascii_control() && *byte != b'\t';
        value.iter().map(|byte| if refused(byte) { b'?' } else { *byte }).collect()
    }

    fn check(
        &self,
        request: &Request,
        response: &Response,
        exchange: &Exchange,
        filter: &str,
        is_idle: bool,
    ) {
        let Exchange { upstream, response: received, responder, .. } = exchange;
        let may_set: &[&str] =
            if filter.starts_with("path-rewrite") { &[":path", ":authority"] } else { &[] };
        if let Some(upstream) = upstream {
            check_headers(&request.headers, &upstream.headers, may_set, is_idle);
            check_headers(&request.trailers, &upstream.trailers, &[], is_idle);
            assert_eq!(request.body.concat(), upstream.body.concat());
        }
        match responder {
            Responder::Upstream => {
                check_headers(&response.headers, &received.headers, &[], is_idle);
                check_headers(&response.trailers, &received.trailers, &[], is_idle);
                assert_eq!(response.body.concat(), received.body.concat());
            }
            Responder::Filter => {
                assert!(!is_idle, "a reply: {exchange}");
                assert!((200..600).contains(&received.status()), "{exchange}");
                check_headers(&Headers::default(), &received.headers, &[":status"], false);
            }
            Responder::Proxy => {
                let path = request.headers.first(b":path").unwrap_or_default();
                let is_refused = !path.starts_with(b"/") && path != b"*";
                assert!(self.has_controls || is_refused, "cannot be sent: {exchange}");
            }
            Responder::Nobody => panic!("stuck: {exchange}"),
        }
    }
}

impl Answer<'_> {
    fn service(&self) -> Service {
        match self {
            Self::Down => Service::Down,
            Self::Silent => Service::Silent,
            Self::Status(status) => Service::GrpcStatus((*status).into()),
            Self::Message(message) => Service::Grpc(message.to_vec()),
            Self::Http(status) => Service::Http(Response::new((*status).into())),
        }
    }
}

/// Checks what a filter changed.
fn check_headers(before: &Headers, after: &Headers, may_set: &[&str], is_idle: bool) {
    let without = |all: &Headers, others: &Headers| {
        let mut others: Vec<_> = others.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        let mut rest = Vec::new();
        for (name, value) in all.iter().filter(|(name, _)| !is_any(&ADDED, name)) {
            match others.iter().position(|(n, v)| n == name && v == value) {
                Some(place) => _ = others.swap_remove(place),
                None => rest.push((name.to_vec(), value.to_vec())),
            }
        }
        rest
    };
    let (written, removed) = (without(after, before), without(before, after));
    for (name, value) in &written {
        let shown = format!("{}: {}", name.escape_ascii(), value.escape_ascii());
        assert!(is_name(name.strip_prefix(b":").unwrap_or(name)), "wrote {shown}");
        // Values of other headers are moved as they are.
        assert!(is_value(value) || before.iter().any(|(_, old)| old == value), "wrote {shown}");
    }
    for (name, value) in written.iter().chain(&removed) {
        let shown = format!("{}: {}", name.escape_ascii(), value.escape_ascii());
        assert!(!is_idle, "changed {shown}");
        let is_protected = name.starts_with(b":") || is_any(&PROTECTED, name);
        assert!(!is_protected || is_any(may_set, name), "changed {shown}");
    }
}

fn is_any(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}
