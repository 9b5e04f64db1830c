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
use std::time::Duration;

use arbitrary::Arbitrary;
use fuzz::exchange::words::{
    ATTRIBUTES, AUTHORITIES, CLIENTS, HOSTILE, METHODS, NAMES, PATHS, SCHEMES, STATUSES, pick,
};
use fuzz::exchange::{Configuration, Loaded, check_headers, configurations};
use fuzz::filters::{FILTERS, HTTP};
use fuzz::script::Stray;
use libfuzzer_sys::fuzz_target;
use proxy_model::{Exchange, Headers, Request, Responder, Response, Service};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How often a stream is repeated if one of its kind left memory behind. What grows to a bound stops growing earlier.
const REPETITIONS: usize = 24;

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
    attributes: Vec<Field<'a>>,
    callbacks: Option<[u8; 2]>,
    strays: Vec<Option<Stray>>,
    service: Answer<'a>,
    client_behavior: Client,
}

#[derive(Arbitrary, Debug)]
struct Message<'a> {
    /// Whether its path and its headers may have bytes that a proxy refuses.
    has_controls: bool,
    headers: Vec<Field<'a>>,
    body: Vec<&'a [u8]>,
    trailers: Vec<Field<'a>>,
}

/// The number of a name, a value, and how the value ends.
type Field<'a> = (u8, &'a [u8], Option<u8>);

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

thread_local! {
    static CONFIGURATIONS: RefCell<Vec<Vec<Configuration>>> =
        RefCell::new(FILTERS[..HTTP].iter().map(configurations).collect());
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
        let Loaded { proxy, plugin, script, forged } = loaded;
        proxy.advance(Duration::from_millis(self.milliseconds.into()));
        proxy.service("ratelimit", self.service.service());
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|field| (pick(&ATTRIBUTES, field.0).as_bytes(), value(field)));
        script.overlay.attributes.replace(attributes.collect());
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
        *forged += self.strays.iter().flatten().filter(|stray| stray.names_a_call()).count();
        assert!(proxy.calls_outstanding() <= *forged);
        drop(proxy.calls_to("ratelimit"));
        script.strays.take();
        script.overlay.attributes.take();
    }

    fn request(&self) -> Request {
        let path = [pick(&PATHS, self.path.0).as_bytes(), &self.request.clean(self.path.1)].concat();
        let mut headers = Headers::default();
        headers.append(":method", pick(&METHODS, self.method));
        self.scheme.iter().for_each(|scheme| headers.append(":scheme", pick(&SCHEMES, *scheme)));
        headers.append(":authority", pick(&AUTHORITIES, self.authority));
        headers.append(":path", path);
        let (body, trailers) = self.request.fill(&mut headers);
        Request { headers, body, trailers, client: pick(&CLIENTS, self.client).into() }
    }

    fn response(&self) -> Response {
        let mut response = Response::new(pick(&STATUSES, self.status));
        (response.body, response.trailers) = self.response.fill(&mut response.headers);
        response
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
                assert!(self.request.has_controls || is_refused, "cannot be sent: {exchange}");
            }
            Responder::Nobody => panic!("stuck: {exchange}"),
        }
    }
}

impl Message<'_> {
    /// Adds the headers. Returns the body and the trailers.
    fn fill(&self, headers: &mut Headers) -> (Vec<Vec<u8>>, Headers) {
        let add = |to: &mut Headers, field: &Field<'_>| {
            to.append(pick(&NAMES, field.0), self.clean(&value(field)));
        };
        self.headers.iter().for_each(|field| add(headers, field));
        let mut trailers = Headers::default();
        self.trailers.iter().for_each(|field| add(&mut trailers, field));
        let parts = self.body.iter().filter(|part| !part.is_empty());
        (parts.map(|part| part.to_vec()).collect(), trailers)
    }

    /// Replaces what a proxy refuses.
    fn clean(&self, value: &[u8]) -> Vec<u8> {
        let refused = |byte: &u8| !self.has_controls && byte.is_ascii_control() && *byte != b'\t';
        value.iter().map(|byte| if refused(byte) { b'?' } else { *byte }).collect()
    }
}

fn value((_, value, end): &Field<'_>) -> Vec<u8> {
    let end = end.map_or("", |end| pick(&HOSTILE, end));
    [*value, end.as_bytes()].concat()
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
