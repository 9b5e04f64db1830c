//! The hostcalls of one worker.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::headers::HeaderPairs;
use proxy_filter::log::Level;
use proxy_filter::sys::{
    Buffer, GrpcCall, Host, HostError, HttpCall, LocalResponse, Map, Metric, SharedValue, Side,
};

use crate::attributes::{self, Attributes, VM_ID};
use crate::exchange::{Request, Response};
use crate::headers::Headers;
use crate::inline;
use crate::service::Outstanding;
use crate::shared::{Shared, is_grpc};

/// One worker's side of its machine.
pub(crate) struct Worker {
    pub(crate) shared: Rc<Shared>,
    /// The context that hostcalls are about.
    pub(crate) current: Cell<u32>,
    pub(crate) contexts: RefCell<BTreeMap<u32, Context>>,
    pub(crate) calls: RefCell<Vec<Outstanding>>,
    /// The answer that a callback is about.
    pub(crate) answer: RefCell<Option<Response>>,
    /// Tokens of gRPC calls that failed while they were made: their end is told after the callback.
    pub(crate) failed: RefCell<Vec<u32>>,
}

/// A plugin or stream.
#[derive(Default)]
pub(crate) struct Context {
    /// Whether this is a stream, of HTTP or TCP, not a plugin.
    pub(crate) is_stream: bool,
    pub(crate) attributes: Attributes,
    pub(crate) filter_state: Attributes,
    /// What the phases that run or wait may touch; all else is refused.
    pub(crate) maps: HashMap<Map, Headers>,
    /// Trailers that come to be when they are touched, as at the end of a body without any.
    pub(crate) possible: Option<Map>,
    /// What can be read, and nothing else, once the stream is over.
    pub(crate) logged: Option<HashMap<Map, Headers>>,
    pub(crate) buffers: HashMap<Buffer, Vec<u8>>,
    /// The request's headers as they arrived.
    pub(crate) request: Option<Headers>,
    pub(crate) reply: Option<Reply>,
    pub(crate) continued: bool,
    pub(crate) closed: bool,
    pub(crate) ticks: Option<Ticks>,
}

/// A reply that a filter made.
pub(crate) struct Reply {
    pub(crate) response: Response,
    /// What access logs show of it.
    pub(crate) details: String,
}

/// When a plugin ticks.
#[derive(Clone, Copy)]
pub(crate) struct Ticks {
    pub(crate) next: Duration,
    pub(crate) period: Duration,
}

impl Worker {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Self {
            shared,
            current: Cell::new(0),
            contexts: RefCell::default(),
            calls: RefCell::default(),
            answer: RefCell::default(),
            failed: RefCell::default(),
        }
    }

    /// Looks at or changes a context. One that does not exist is an empty one, and stays none.
    pub(crate) fn context<R>(&self, context: u32, use_it: impl FnOnce(&mut Context) -> R) -> R {
        match self.contexts.borrow_mut().get_mut(&context) {
            Some(context) => use_it(context),
            None => use_it(&mut Context::default()),
        }
    }

    fn with_current<R>(&self, use_it: impl FnOnce(&mut Context) -> R) -> R {
        self.context(self.current.get(), use_it)
    }

    fn with_map<R>(&self, map: Map, use_it: impl FnOnce(&mut Headers) -> R) -> Result<R, HostError> {
        self.with_current(|context| {
            if context.possible == Some(map) {
                context.maps.entry(map).or_default();
            }
            context.maps.get_mut(&map).map(use_it).ok_or(HostError::BadArgument)
        })
    }

    /// A map to be read. Where there is none it is empty for one who asks for all of it, and an error
    /// for one who asks for a header.
    fn read_map(&self, map: Map) -> Result<Headers, HostError> {
        if map == Map::HttpCallResponseHeaders
            && let Some(answer) = &*self.answer.borrow()
            && !answer.headers.is_empty()
        {
            return Ok(answer.headers.clone());
        }
        self.with_current(|context| match &context.logged {
            Some(logged) => {
                // The one map that the log shows as it is, not as it was.
                let live = context.maps.get(&map).filter(|_| map == Map::ResponseTrailers);
                Ok(live.or_else(|| logged.get(&map)).cloned().unwrap_or_default())
            }
            None => context.maps.get(&map).cloned().ok_or(HostError::BadArgument),
        })
    }

    fn dispatch(&self, cluster: &[u8], call: Request, is_grpc: bool, timeout: u32) -> Result<u32, HostError> {
        let token = self.shared.token(is_grpc);
        let service = self.shared.services.borrow().get(cluster).cloned();
        let service = match service {
            Some(service) => service,
            None if is_grpc => {
                self.failed.borrow_mut().push(token);
                return Err(HostError::InternalFailure);
            }
            None => return Err(HostError::BadArgument),
        };
        let timeout = Duration::from_millis(u64::from(timeout));
        self.shared.asked.borrow_mut().push((cluster.to_vec(), call));
        self.calls.borrow_mut().push(Outstanding { token, service, is_grpc, timeout });
        Ok(token)
    }
}

impl Host for Worker {
    fn log(&self, level: Level, message: &str) -> Result<(), HostError> {
        self.shared.logs.borrow_mut().push((level, message.to_owned()));
        Ok(())
    }

    fn log_level(&self) -> Result<Level, HostError> {
        Ok(Level::Trace)
    }

    fn set_tick_period(&self, milliseconds: u32) -> Result<(), HostError> {
        let period = Duration::from_millis(u64::from(milliseconds));
        let ticks = Ticks { next: self.shared.now() + period, period };
        self.with_current(|context| context.ticks = (!period.is_zero()).then_some(ticks));
        Ok(())
    }

    fn monotonic_nanoseconds(&self) -> Result<u64, HostError> {
        Ok(self.shared.nanoseconds())
    }

    fn wall_nanoseconds(&self) -> Result<u64, HostError> {
        Ok(self.shared.nanoseconds())
    }

    fn get_buffer(&self, buffer: Buffer, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
        let cut = |bytes: &[u8]| bytes.iter().skip(start).take(size).copied().collect();
        match self.with_current(|context| context.buffers.get(&buffer).map(|bytes| cut(bytes))) {
            Some(bytes) => Ok(bytes),
            None if is_strict(buffer) => Err(HostError::NotFound),
            None => Ok(Vec::new()),
        }
    }

    /// Only at the beginning, where `size` bytes are replaced, or behind the end, as in Envoy.
    fn set_buffer(&self, buffer: Buffer, start: usize, size: usize, data: &[u8]) -> Result<(), HostError> {
        self.with_current(|context| {
            let absent = if is_strict(buffer) { HostError::NotFound } else { HostError::BadArgument };
            let bytes = context.buffers.get_mut(&buffer).ok_or(absent)?;
            match start {
                _ if is_strict(buffer) => return Err(HostError::BadArgument),
                0 => _ = bytes.splice(..size.min(bytes.len()), data.iter().copied()),
                start if start >= bytes.len() => bytes.extend_from_slice(data),
                _ => return Err(HostError::BadArgument),
            }
            Ok(())
        })
    }

    fn get_header_pairs(&self, map: Map) -> Result<Vec<u8>, HostError> {
        self.read_map(map).unwrap_or_default().serialize()
    }

    fn get_header(&self, map: Map, name: &[u8]) -> Result<Vec<u8>, HostError> {
        let headers = self.read_map(map)?;
        headers.first(&inline::name_in(map, name)).map(<[u8]>::to_vec).ok_or(HostError::NotFound)
    }

    fn add_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| inline::add(map, headers, name, value))
    }

    fn replace_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| inline::replace(map, headers, name, value))
    }

    fn remove_header(&self, map: Map, name: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| headers.remove(&inline::name_in(map, name)))
    }

    fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.with_current(|context| attributes::get(context, path))
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_current(|context| match context.is_stream {
            true => {
                context.filter_state.insert(path.to_vec(), value.to_vec());
                Ok(())
            }
            false => Err(HostError::NotFound),
        })
    }

    fn send_local_response(&self, response: LocalResponse<'_>) -> Result<(), HostError> {
        let mut reply = Response::new(response.status);
        for (name, value) in HeaderPairs::new(response.headers.to_vec()).iter() {
            reply.headers.append(name, value);
        }
        if !response.body.is_empty() {
            reply.body = vec![response.body.to_vec()];
            if reply.headers.first(b"content-type").is_none() {
                reply.headers.append("content-type", "text/plain");
            }
        }
        let is_grpc = self.with_current(|context| {
            let request = context.maps.get(&Map::RequestHeaders).or(context.request.as_ref());
            let kind = request.and_then(|headers| headers.first(b"content-type"));
            kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
        });
        if is_grpc {
            reply = grpc_reply(&reply, response.grpc_status);
        }
        let reply = Reply { response: reply, details: response.details.to_owned() };
        self.with_current(|context| context.reply = Some(reply));
        Ok(())
    }

    fn continue_stream(&self, _: Side) -> Result<(), HostError> {
        self.with_current(|context| context.continued = true);
        Ok(())
    }

    fn close_stream(&self, _: Side) -> Result<(), HostError> {
        self.with_current(|context| context.closed = true);
        Ok(())
    }

    fn get_shared_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        self.shared.get_data(key)
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        self.shared.set_data(key, value, cas)
    }

    fn register_shared_queue(&self, name: &[u8]) -> Result<u32, HostError> {
        Ok(self.shared.register_queue(name))
    }

    fn resolve_shared_queue(&self, vm_id: &[u8], name: &[u8]) -> Result<u32, HostError> {
        let own = vm_id == VM_ID.as_bytes();
        self.shared.queue(name).filter(|_| own).ok_or(HostError::NotFound)
    }

    fn enqueue_shared_queue(&self, queue: u32, item: &[u8]) -> Result<(), HostError> {
        self.shared.with_queue(queue, |items| items.push_back(item.to_vec()))
    }

    fn dequeue_shared_queue(&self, queue: u32) -> Result<Vec<u8>, HostError> {
        self.shared.with_queue(queue, |items| items.pop_front())?.ok_or(HostError::Empty)
    }

    fn define_metric(&self, kind: Metric, name: &[u8]) -> Result<u32, HostError> {
        Ok(self.shared.metrics.define(kind, name))
    }

    fn increment_metric(&self, metric: u32, offset: i64) -> Result<(), HostError> {
        self.shared.metrics.increment(metric, offset)
    }

    fn record_metric(&self, metric: u32, value: u64) -> Result<(), HostError> {
        self.shared.metrics.record(metric, value)
    }

    fn get_metric(&self, metric: u32) -> Result<u64, HostError> {
        self.shared.metrics.get(metric)
    }

    fn call_foreign_function(&self, name: &[u8], _: &[u8]) -> Result<Vec<u8>, HostError> {
        match name {
            b"clear_route_cache" => Ok(Vec::new()),
            _ => Err(HostError::NotFound),
        }
    }

    fn set_effective_context(&self, context: u32) -> Result<(), HostError> {
        if !self.contexts.borrow().contains_key(&context) {
            return Err(HostError::BadArgument);
        }
        self.current.set(context);
        Ok(())
    }

    fn http_call(&self, call: HttpCall<'_>) -> Result<u32, HostError> {
        let headers = Headers::from_iter(HeaderPairs::new(call.headers.to_vec()).iter());
        if [b":method".as_slice(), b":path", b":authority"].iter().any(|name| headers.first(name).is_none()) {
            return Err(HostError::BadArgument);
        }
        let body = if call.body.is_empty() { Vec::new() } else { vec![call.body.to_vec()] };
        let request = Request { headers, body, ..Request::get("") };
        self.dispatch(call.cluster, request, false, call.timeout_milliseconds)
    }

    fn grpc_call(&self, call: GrpcCall<'_>) -> Result<u32, HostError> {
        let cluster = cluster_of(call.service).ok_or(HostError::ParseFailure)?;
        let path = [b"/", call.service_name, b"/", call.method].concat();
        let mut headers =
            Headers::from_iter([(b":method".as_slice(), b"POST".as_slice()), (b":path", &path)]);
        for (name, value) in HeaderPairs::new(call.metadata.to_vec()).iter() {
            headers.append(name, value);
        }
        let request = Request { headers, body: vec![call.message.to_vec()], ..Request::get("") };
        self.dispatch(cluster, request, true, call.timeout_milliseconds)
    }

    fn grpc_cancel(&self, token: u32) -> Result<(), HostError> {
        if !is_grpc(token) {
            return Err(HostError::BadArgument);
        }
        let mut calls = self.calls.borrow_mut();
        let position = calls.iter().position(|call| call.token == token).ok_or(HostError::NotFound)?;
        calls.remove(position);
        Ok(())
    }
}

/// A reply as gRPC clients get it: its status in a header, its body as the message.
fn grpc_reply(reply: &Response, grpc_status: i32) -> Response {
    let derived = match reply.status() {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502 | 503 | 504 => 14,
        _ => 2,
    };
    let mut grpc = Response::new(200);
    let own =
        reply.headers.iter().filter(|(name, _)| ![b":status".as_slice(), b"content-type"].contains(name));
    own.for_each(|(name, value)| grpc.headers.append(name, value));
    let status = if grpc_status < 0 { derived } else { grpc_status };
    let grpc = grpc.header("content-type", "application/grpc").header("grpc-status", status.to_string());
    match reply.body.concat() {
        message if message.is_empty() => grpc,
        message => grpc.header("grpc-message", message),
    }
}

/// Whether a buffer that is not there is an error; to change it always is one.
fn is_strict(buffer: Buffer) -> bool {
    matches!(buffer, Buffer::HttpCallResponseBody | Buffer::PluginConfiguration)
}

/// The cluster's name in a serialized `GrpcService`: the innermost of two length-delimited fields.
fn cluster_of(service: &[u8]) -> Option<&[u8]> {
    let field = |bytes: &[u8]| {
        let lengths = bytes.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 1;
        (bytes.first() == Some(&0x0a)).then_some(1 + lengths)
    };
    let inner = service.get(field(service)?..)?;
    inner.get(field(inner)?..)
}
