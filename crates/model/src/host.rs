//! The hostcalls of one worker.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use proxy_filter::headers::HeaderPairs;
use proxy_filter::log::Level;
use proxy_filter::sys::{
    Buffer, GrpcCall, Host, HostError, HttpCall, LocalResponse, Map, Metric, SharedValue, Side,
};

use crate::exchange::Response;
use crate::headers::Headers;
use crate::shared::{Service, Shared};

/// One worker's side of its machine.
pub(crate) struct Worker {
    pub(crate) shared: Rc<Shared>,
    /// The context that hostcalls are about.
    pub(crate) current: Cell<u32>,
    pub(crate) contexts: RefCell<BTreeMap<u32, Context>>,
    pub(crate) calls: RefCell<Vec<Outstanding>>,
    /// The answer that a callback is about.
    pub(crate) answer: RefCell<Option<Response>>,
}

/// A plugin or stream.
#[derive(Default)]
pub(crate) struct Context {
    pub(crate) configuration: Vec<u8>,
    pub(crate) attributes: HashMap<Vec<u8>, Vec<u8>>,
    /// What the phases that run or wait may touch; all else is refused.
    pub(crate) maps: HashMap<Map, Headers>,
    pub(crate) buffers: HashMap<Buffer, Vec<u8>>,
    pub(crate) reply: Option<Response>,
    pub(crate) continued: bool,
    pub(crate) closed: bool,
}

/// A call without an answer yet.
pub(crate) struct Outstanding {
    pub(crate) token: u32,
    pub(crate) service: Service,
    pub(crate) is_grpc: bool,
}

impl Worker {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Self {
            shared,
            current: Cell::new(0),
            contexts: RefCell::default(),
            calls: RefCell::default(),
            answer: RefCell::default(),
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
        if map == Map::HttpCallResponseHeaders {
            let mut answer = self.answer.borrow_mut();
            return answer.as_mut().map(|answer| use_it(&mut answer.headers)).ok_or(HostError::BadArgument);
        }
        self.with_current(|context| context.maps.get_mut(&map).map(use_it)).ok_or(HostError::BadArgument)
    }

    fn dispatch(&self, cluster: &[u8], is_grpc: bool) -> Result<u32, HostError> {
        let service = self.shared.services.borrow().get(cluster).cloned().ok_or(HostError::BadArgument)?;
        let token = self.shared.token();
        self.calls.borrow_mut().push(Outstanding { token, service, is_grpc });
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

    fn set_tick_period(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }

    fn monotonic_nanoseconds(&self) -> Result<u64, HostError> {
        Ok(self.shared.now.get())
    }

    fn wall_nanoseconds(&self) -> Result<u64, HostError> {
        Ok(self.shared.now.get())
    }

    fn get_buffer(&self, buffer: Buffer, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
        let cut = |bytes: &[u8]| bytes.iter().skip(start).take(size).copied().collect();
        match buffer {
            Buffer::PluginConfiguration => Ok(self.with_current(|context| cut(&context.configuration))),
            Buffer::HttpCallResponseBody | Buffer::GrpcReceiveBuffer => {
                let answer = self.answer.borrow();
                answer.as_ref().map(|answer| cut(&answer.body.concat())).ok_or(HostError::NotFound)
            }
            buffer => self
                .with_current(|context| context.buffers.get(&buffer).map(|bytes| cut(bytes)))
                .ok_or(HostError::NotFound),
        }
    }

    /// Only to prepend (0, 0), replace (0, all) and append (behind the end), as in Envoy.
    fn set_buffer(&self, buffer: Buffer, start: usize, size: usize, data: &[u8]) -> Result<(), HostError> {
        self.with_current(|context| {
            let bytes = context.buffers.get_mut(&buffer).ok_or(HostError::NotFound)?;
            match (start, size) {
                (0, 0) => _ = bytes.splice(0..0, data.iter().copied()),
                (0, size) if size >= bytes.len() => *bytes = data.to_vec(),
                (start, _) if start > 0 && start >= bytes.len() => bytes.extend_from_slice(data),
                _ => return Err(HostError::BadArgument),
            }
            Ok(())
        })
    }

    fn get_header_pairs(&self, map: Map) -> Result<Vec<u8>, HostError> {
        self.with_map(map, |headers| headers.serialize())?
    }

    fn get_header(&self, map: Map, name: &[u8]) -> Result<Vec<u8>, HostError> {
        self.with_map(map, |headers| headers.first(&name.to_ascii_lowercase()).map(<[u8]>::to_vec))?
            .ok_or(HostError::NotFound)
    }

    fn add_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| headers.append(name, value))
    }

    fn replace_header(&self, map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| headers.replace(name, value))
    }

    fn remove_header(&self, map: Map, name: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| headers.remove(name))
    }

    fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.with_current(|context| context.attributes.get(path).cloned()).ok_or(HostError::NotFound)
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_current(|context| context.attributes.insert(path.to_vec(), value.to_vec()));
        Ok(())
    }

    fn send_local_response(&self, response: LocalResponse<'_>) -> Result<(), HostError> {
        let mut reply = Response::new(response.status);
        for (name, value) in HeaderPairs::new(response.headers.to_vec()).iter() {
            reply.headers.append(name, value);
        }
        if !response.body.is_empty() {
            reply.body = vec![response.body.to_vec()];
        }
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

    fn resolve_shared_queue(&self, _: &[u8], name: &[u8]) -> Result<u32, HostError> {
        self.shared.queue(name).ok_or(HostError::NotFound)
    }

    fn enqueue_shared_queue(&self, queue: u32, item: &[u8]) -> Result<(), HostError> {
        self.shared.with_queue(queue, |items| items.push_back(item.to_vec()))
    }

    fn dequeue_shared_queue(&self, queue: u32) -> Result<Vec<u8>, HostError> {
        self.shared.with_queue(queue, |items| items.pop_front())?.ok_or(HostError::Empty)
    }

    fn define_metric(&self, kind: Metric, name: &[u8]) -> Result<u32, HostError> {
        Ok(self.shared.define_metric(kind, name))
    }

    fn increment_metric(&self, metric: u32, offset: i64) -> Result<(), HostError> {
        self.shared.increment_metric(metric, offset)
    }

    fn record_metric(&self, metric: u32, value: u64) -> Result<(), HostError> {
        self.shared.record_metric(metric, value)
    }

    fn get_metric(&self, metric: u32) -> Result<u64, HostError> {
        self.shared.get_metric(metric)
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
        self.dispatch(call.cluster, false)
    }

    fn grpc_call(&self, call: GrpcCall<'_>) -> Result<u32, HostError> {
        self.dispatch(cluster_of(call.service).ok_or(HostError::ParseFailure)?, true)
    }

    fn grpc_cancel(&self, token: u32) -> Result<(), HostError> {
        let mut calls = self.calls.borrow_mut();
        let position = calls.iter().position(|call| call.token == token).ok_or(HostError::NotFound)?;
        calls.remove(position);
        Ok(())
    }
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
