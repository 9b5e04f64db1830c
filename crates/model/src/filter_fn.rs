//! Runs closures as the phases of a filter, to try the API in a few lines.
//!
//! ```
//! use proxy_filter::prelude::*;
//! use proxy_model::{Request, filter_fn};
//!
//! let exchange = filter_fn::on_request_headers(Request::get("/old"), |headers| {
//!     headers.set_path(&HeaderValue::from_static("/new"))?;
//!     Ok(Flow::Continue)
//! });
//! assert_eq!(exchange.upstream.unwrap().headers.values(":path"), ["/new"]);
//! ```

use std::cell::RefCell;

use proxy_filter::config::ConfigError;
use proxy_filter::flow::{Flow, NoTag};
use proxy_filter::headers::{RequestHeaders, ResponseHeaders};
use proxy_filter::http::{HttpFilter, OnRequestBody, OnRequestHeaders, OnResponseHeaders, RequestBody};
use proxy_filter::tcp::{Chunk, OnDownstreamData, TcpFilter, TcpFlow};
use proxy_filter::{Filter, HostError};

use crate::exchange::Exchange;
use crate::message::{Request, Response};
use crate::native::{NativeHttp, NativeTcp};
use crate::proxy::{Plugin, Proxy};

/// The closure of a phase.
type Phase<V, T> = Option<Box<dyn FnMut(&mut V) -> Result<T, HostError>>>;

#[derive(Default)]
struct Phases {
    configure: Option<Box<dyn FnOnce() -> Result<(), ConfigError>>>,
    request_headers: Phase<RequestHeaders, Flow>,
    request_body: Phase<RequestBody, Flow>,
    response_headers: Phase<ResponseHeaders, ()>,
    chunk: Phase<Chunk, TcpFlow>,
}

thread_local! {
    static PHASES: RefCell<Phases> = RefCell::default();
}

struct FilterFn;

impl Filter for FilterFn {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        let configure = PHASES.with_borrow_mut(|phases| phases.configure.take());
        configure.map_or(Ok(()), |configure| configure()).map(|()| Self)
    }
}

impl HttpFilter for FilterFn {
    type Stream = ();
    type Tag = NoTag;
}

/// The TCP filter. A type cannot be a filter of both kinds.
struct TcpFilterFn;

impl Filter for TcpFilterFn {
    fn configure(_: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}

impl TcpFilter for TcpFilterFn {
    type Connection = ();
}

/// Runs a phase's closure, if it has one. Removes the closure while it runs, so that it can run another filter.
fn run<V, T>(which: fn(&mut Phases) -> &mut Phase<V, T>, view: &mut V, without: T) -> Result<T, HostError> {
    let taken = PHASES.with_borrow_mut(|phases| which(phases).take());
    let Some(mut phase) = taken else { return Ok(without) };
    let outcome = phase(view).unwrap_or_else(|error| panic!("the phase failed: {error}"));
    PHASES.with_borrow_mut(|phases| *which(phases) = Some(phase));
    Ok(outcome)
}

impl OnRequestHeaders for FilterFn {
    fn on_request_headers(&self, _: &mut (), headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        run(|phases| &mut phases.request_headers, headers, Flow::Continue)
    }
}

impl OnRequestBody for FilterFn {
    fn on_request_body(&self, _: &mut (), body: &mut RequestBody) -> Result<Flow, HostError> {
        run(|phases| &mut phases.request_body, body, Flow::Continue)
    }
}

impl OnResponseHeaders for FilterFn {
    fn on_response_headers(&self, _: &mut (), headers: &mut ResponseHeaders) -> Result<(), HostError> {
        run(|phases| &mut phases.response_headers, headers, ())
    }
}

impl OnDownstreamData for TcpFilterFn {
    fn on_downstream_data(&self, _: &mut (), chunk: &mut Chunk) -> Result<TcpFlow, HostError> {
        run(|phases| &mut phases.chunk, chunk, TcpFlow::Continue)
    }
}

proxy_filter::http_filter!(FilterFn: RequestHeaders, RequestBody, ResponseHeaders);
proxy_filter::tcp_filter!(TcpFilterFn: DownstreamData);

/// Runs a closure while a plugin is configured.
///
/// # Panics
/// The closure fails or panics.
pub fn on_configure(phase: impl FnOnce() -> Result<(), ConfigError> + 'static) {
    exchange(Phases { configure: Some(Box::new(phase)), ..Phases::default() }, |_| ());
}

/// Runs a closure in the request's header phase.
///
/// # Panics
/// The closure fails or panics.
pub fn on_request_headers(
    request: Request,
    phase: impl FnMut(&mut RequestHeaders) -> Result<Flow, HostError> + 'static,
) -> Exchange {
    let phases = Phases { request_headers: Some(Box::new(phase)), ..Phases::default() };
    exchange(phases, |plugin| plugin.send(0, &request))
}

/// Runs a closure in the request's body phase, for each part.
///
/// # Panics
/// The closure fails or panics.
pub fn on_request_body(
    request: Request,
    phase: impl FnMut(&mut RequestBody) -> Result<Flow, HostError> + 'static,
) -> Exchange {
    let phases = Phases { request_body: Some(Box::new(phase)), ..Phases::default() };
    exchange(phases, |plugin| plugin.send(0, &request))
}

/// Runs a closure in the header phase of a response from the upstream.
///
/// # Panics
/// The closure fails or panics.
pub fn on_response_headers(
    response: Response,
    phase: impl FnMut(&mut ResponseHeaders) -> Result<(), HostError> + 'static,
) -> Exchange {
    let phases = Phases { response_headers: Some(Box::new(phase)), ..Phases::default() };
    exchange(phases, |plugin| plugin.upstream(response).send(0, &Request::get("/")))
}

/// Runs a closure for a chunk from a TCP client, and again for the client's half-close. Returns what reached the
/// upstream.
///
/// # Panics
/// The closure fails or panics.
pub fn on_downstream_data(
    chunk: &[u8],
    phase: impl FnMut(&mut Chunk) -> Result<TcpFlow, HostError> + 'static,
) -> Vec<u8> {
    PHASES.set(Phases { chunk: Some(Box::new(phase)), ..Phases::default() });
    let proxy = Proxy::new(1, NativeTcp::<TcpFilterFn>::default);
    let exchange = load(&proxy).send_tcp(0, &[chunk], &[]);
    fail_on_panic(&proxy);
    exchange.upstream
}

fn exchange<T>(phases: Phases, send: impl FnOnce(Plugin) -> T) -> T {
    PHASES.set(phases);
    let proxy = Proxy::new(1, NativeHttp::<FilterFn>::default);
    let exchange = send(load(&proxy));
    fail_on_panic(&proxy);
    exchange
}

fn load(proxy: &Proxy) -> Plugin {
    proxy.load("", "filter_fn").unwrap_or_else(|line| panic!("{line}"))
}

/// Fails the test if the filter panicked, because a panic only ends the filter's VM.
fn fail_on_panic(proxy: &Proxy) {
    if let Some(line) = proxy.logs().into_iter().find(|line| line.starts_with("Critical")) {
        panic!("{line}");
    }
}
