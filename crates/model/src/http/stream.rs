//! The stream of one request: its callbacks in Envoy's order.

use std::cell::Cell;

use proxy_filter::sys::LogLevel;
use proxy_filter::sys::{BufferType, MapType};

use super::stop::{FAILED, Message, Stop};
use super::{call_outcome, sendable};
use crate::attributes;
use crate::context::{Attributes, Context};
use crate::exchange::{Exchange, Responder};
use crate::guest::Callback;
use crate::headers::Headers;
use crate::message::{Request, Response};
use crate::proxy::{Plugin, Vm};
use crate::reply::Reply;

/// The status of Envoy's response to a request without a path.
const BAD_REQUEST: u16 = 400;

/// Envoy adds this header to every request.
const REQUEST_ID: &[u8] = b"x-request-id";

const CONTENT_LENGTH: &[u8] = b"content-length";

/// The stream of one request on one worker.
pub(super) struct Stream<'a> {
    pub(super) plugin: &'a Plugin,
    pub(super) vm: &'a Vm,
    context: u32,
    /// Whether the client leaves before a call times out.
    pub(super) leaves: bool,
    /// Whether the request's headers have been passed on.
    has_passed_headers: Cell<bool>,
}

/// Which half of a stream a message is.
#[derive(Clone, Copy)]
enum Half {
    Request,
    Response,
}

impl Plugin {
    /// Sends a request through the filter on a worker, and the upstream's response back.
    ///
    /// If the request waits for a call that gets no response, the clock moves to the call's timeout.
    pub fn send(&self, worker: usize, request: &Request) -> Exchange {
        self.open(worker, request, false)
    }

    /// Sends a request whose client leaves if the request waits for a call that gets no response.
    pub fn send_and_leave(&self, worker: usize, request: &Request) -> Exchange {
        self.open(worker, request, true)
    }

    /// Sends a request that the upstream never answers. The client leaves when the result is dropped.
    pub fn hold(&self, worker: usize, request: &Request) -> HeldRequest<'_> {
        let stream = self.stream(worker, request, true);
        // If the filter replies, the request is over, and its stream ends as late.
        _ = stream.pass(Half::Request, &request.headers, &request.body, &request.trailers);
        HeldRequest { stream }
    }

    fn open(&self, worker: usize, request: &Request, leaves: bool) -> Exchange {
        let stream = self.stream(worker, request, leaves);
        let exchange = stream.run(request);
        stream.vm.end(stream.context);
        exchange
    }

    fn stream(&self, worker: usize, request: &Request, leaves: bool) -> Stream<'_> {
        let vm = &self.vms[worker];
        let mut attributes = attributes::of_connection(&request.client);
        attributes.extend(attributes::of_stream());
        let context = self.begin(vm, attributes);
        vm.worker.context(context, |state| state.request = Some(request.headers.clone()));
        Stream { plugin: self, vm, context, leaves, has_passed_headers: Cell::new(false) }
    }
}

/// A request that waits for the upstream until this is dropped.
pub struct HeldRequest<'a> {
    stream: Stream<'a>,
}

impl Drop for HeldRequest<'_> {
    fn drop(&mut self) {
        self.stream.vm.end(self.stream.context);
    }
}

impl Stream<'_> {
    fn run(&self, request: &Request) -> Exchange {
        let target = request.headers.first(b":path").unwrap_or_default();
        if !target.starts_with(b"/") && target != b"*" {
            // The filter gets only the callback for the end of the stream.
            return Exchange {
                upstream: None,
                is_cut: false,
                response: Response::new(BAD_REQUEST),
                responder: Responder::Proxy,
            };
        }
        let mut headers = request.headers.clone();
        if headers.first(REQUEST_ID).is_none() {
            headers.append(REQUEST_ID, "00000000-0000-4000-8000-000000000000");
        }
        let to_upstream = self.pass(Half::Request, &headers, &request.body, &request.trailers);
        let is_cut = to_upstream.is_err() && self.has_passed_headers.get();
        let sent = to_upstream
            .map_err(|stop| (stop, Responder::Filter))
            .and_then(|message| sendable::check(message).map_err(|stop| (stop, Responder::Proxy)));
        let unreached = |status, responder| Exchange {
            upstream: None,
            is_cut,
            response: Response::new(status),
            responder,
        };
        let (upstream, unfiltered, details, responder) = match sent {
            Ok((headers, body, trailers)) => {
                let seen = Request { headers, body, trailers, client: request.client.clone() };
                (Some(seen), self.plugin.upstream.clone(), "via_upstream".to_owned(), Responder::Upstream)
            }
            Err((Stop::Reply(Reply { response, details }), responder)) => {
                (None, response, details, responder)
            }
            Err((Stop::Failed, _)) => return unreached(FAILED, Responder::Proxy),
            Err((Stop::Stuck, _)) => return unreached(0, Responder::Nobody),
        };
        self.learn(attributes::of_response(unfiltered.status(), &details));
        let (response, responder) =
            match self.pass(Half::Response, &unfiltered.headers, &unfiltered.body, &unfiltered.trailers) {
                Ok((headers, body, trailers)) => (Response { headers, body, trailers }, responder),
                Err(Stop::Reply(reply)) => (reply.response, Responder::Filter),
                Err(Stop::Failed) => (Response::new(FAILED), Responder::Proxy),
                Err(Stop::Stuck) => (Response::new(0), Responder::Nobody),
            };
        self.remember(upstream.as_ref(), &response);
        Exchange { upstream, is_cut, response, responder }
    }

    fn learn(&self, attributes: Attributes) {
        self.vm.worker.context(self.context, |context| context.attributes.extend(attributes));
    }

    /// Keeps the messages that the upstream and the client received, for the log phase.
    fn remember(&self, request: Option<&Request>, response: &Response) {
        self.vm.worker.context(self.context, |context| {
            let request = request.map(|request| request.headers.clone());
            let request =
                request.or_else(|| context.maps.remove(&MapType::RequestHeaders)).unwrap_or_default();
            let logged = [
                (MapType::RequestHeaders, request),
                (MapType::ResponseHeaders, response.headers.clone()),
                (MapType::ResponseTrailers, response.trailers.clone()),
            ];
            context.logged = Some(logged.into());
            // Envoy has sent a response's held body by now; it still shows a request's.
            if let Some(held) = context.buffers.get_mut(&BufferType::ResponseBody) {
                held.clear();
            }
        });
    }

    /// Passes one message through its phases.
    fn pass(
        &self,
        half: Half,
        headers: &Headers,
        body: &[Vec<u8>],
        trailers: &Headers,
    ) -> Result<Message, Stop> {
        let context = self.context;
        let (headers_map, buffer, trailers_map) = match half {
            Half::Request => (MapType::RequestHeaders, BufferType::RequestBody, MapType::RequestTrailers),
            Half::Response => (MapType::ResponseHeaders, BufferType::ResponseBody, MapType::ResponseTrailers),
        };
        let bodiless = body.is_empty() && trailers.is_empty();
        let (count, end_of_stream) = (headers.len(), bodiless);
        let mut headers = headers.clone();
        if body.len() <= 1 && trailers.is_empty() && headers.first(CONTENT_LENGTH).is_none() {
            headers.append(CONTENT_LENGTH, body.concat().len().to_string());
        }
        let headers = self.phase_of_map(
            headers_map,
            &headers,
            match half {
                Half::Request => Callback::RequestHeaders { context, count, end_of_stream },
                Half::Response => Callback::ResponseHeaders { context, count, end_of_stream },
            },
        )?;

        if matches!(half, Half::Request) {
            self.has_passed_headers.set(true);
            self.learn(attributes::of_upstream());
        }
        let mut passed = Vec::new();
        let mut held = Vec::new();
        // The end of a body of several parts is a separate callback, unless trailers follow.
        let end = (body.len() > 1 && trailers.is_empty()).then_some(Vec::new());
        let parts: Vec<_> = body.iter().chain(&end).collect();
        for (index, part) in parts.iter().enumerate() {
            held.extend_from_slice(part);
            let (size, end_of_stream) = (held.len(), index + 1 == parts.len() && trailers.is_empty());
            self.set_buffer(buffer, Some(held));
            self.make_possible(end_of_stream.then_some(trailers_map));
            let callback = match half {
                Half::Request => Callback::RequestBody { context, size, end_of_stream },
                Half::Response => Callback::ResponseBody { context, size, end_of_stream },
            };
            let goes_on = match self.call(callback, !end_of_stream) {
                // The client already has the headers, and gets nothing beyond what was sent.
                Err(Stop::Reply(_)) if matches!(half, Half::Response) => {
                    return Ok((headers, passed, Headers::default()));
                }
                goes_on => goes_on?,
            };
            held = self.set_buffer(buffer, None);
            if goes_on {
                passed.extend((!held.is_empty()).then(|| std::mem::take(&mut held)));
            }
        }
        // When trailers arrive, a held body stays accessible until the stream ends.
        let holds = !held.is_empty();
        if holds {
            self.set_buffer(buffer, Some(held));
        }

        self.make_possible(None);
        if trailers.is_empty() {
            let made = |context: &mut Context| context.maps.get(&trailers_map).cloned();
            let made = self.vm.worker.context(self.context, made);
            self.check_length(half, &headers, &passed);
            return Ok((headers, passed, made.unwrap_or_default()));
        }
        let count = trailers.len();
        let trailers = self.phase_of_map(
            trailers_map,
            trailers,
            match half {
                Half::Request => Callback::RequestTrailers { context, count },
                Half::Response => Callback::ResponseTrailers { context, count },
            },
        )?;
        if holds {
            let held = |context: &mut Context| context.buffers.get(&buffer).cloned();
            passed.extend(self.vm.worker.context(self.context, held));
        }
        Ok((headers, passed, trailers))
    }

    /// Logs a critical error if the body's length differs from `content-length`: the receiver would wait forever or
    /// truncate the body. The line fails the test.
    fn check_length(&self, half: Half, headers: &Headers, body: &[Vec<u8>]) {
        let length = body.concat().len().to_string();
        let said = headers.first(CONTENT_LENGTH).map(|said| String::from_utf8_lossy(said).into_owned());
        if let Some(said) = said.filter(|said| *said != length) {
            let what = if matches!(half, Half::Request) { "request" } else { "response" };
            let line = format!(
                "the {what} has `content-length: {said}` and a body of {length} bytes: remove or set the header"
            );
            self.vm.worker.shared.logs.borrow_mut().push((LogLevel::Critical, line));
        }
    }

    fn make_possible(&self, trailers: Option<MapType>) {
        self.vm.worker.context(self.context, |context| context.possible = trailers);
    }

    /// Runs a phase with a header map, which is accessible until the message continues.
    fn phase_of_map(&self, map: MapType, headers: &Headers, callback: Callback) -> Result<Headers, Stop> {
        let worker = &self.vm.worker;
        worker.context(self.context, |context| context.maps.insert(map, headers.clone()));
        self.call(callback, false)?;
        Ok(worker.context(self.context, |context| context.maps.remove(&map)).unwrap_or_default())
    }

    fn set_buffer(&self, buffer: BufferType, bytes: Option<Vec<u8>>) -> Vec<u8> {
        self.vm.worker.context(self.context, |context| {
            match bytes {
                Some(bytes) => context.buffers.insert(buffer, bytes),
                None => context.buffers.remove(&buffer),
            }
            .unwrap_or_default()
        })
    }

    /// Runs a callback, and those of the call responses it waits for. Returns whether the message continues. The filter
    /// may pause it only if more of it follows.
    fn call(&self, callback: Callback, may_hold: bool) -> Result<bool, Stop> {
        let mut returned = self.vm.call(callback).ok_or(Stop::Failed)?;
        loop {
            let context = self.vm.worker.context(self.context, |context| {
                (context.reply.take(), std::mem::take(&mut context.continued))
            });
            match (context, returned) {
                ((Some(reply), _), _) => return Err(Stop::Reply(reply)),
                ((None, continued), action) if continued || action == 0 => return Ok(true),
                _ if call_outcome::deliver(self.vm, self.plugin.root, self.leaves)? => returned = 1,
                _ if may_hold => return Ok(false),
                _ => return Err(Stop::Stuck),
            }
        }
    }
}
