//! A worker: its plugins and streams, and the calls they wait for.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::sys::{BufferType, HostError, MapType};

use crate::attributes::Attributes;
use crate::exchange::Request;
use crate::headers::Headers;
use crate::reply::Reply;
use crate::service::Outstanding;
use crate::shared::Shared;

/// One worker's side of its machine.
pub(crate) struct Worker {
    pub(crate) shared: Rc<Shared>,
    /// The context that hostcalls are about.
    pub(crate) current: Cell<u32>,
    pub(crate) contexts: RefCell<BTreeMap<u32, Context>>,
    pub(crate) calls: RefCell<Vec<Outstanding>>,
    /// The headers of the answer that a callback is about, where it has some.
    pub(crate) answer: RefCell<Option<Headers>>,
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
    pub(crate) maps: HashMap<MapType, Headers>,
    /// Trailers that come to be when they are touched, as at the end of a body without any.
    pub(crate) possible: Option<MapType>,
    /// What can be read, and nothing else, once the stream is over.
    pub(crate) logged: Option<HashMap<MapType, Headers>>,
    pub(crate) buffers: HashMap<BufferType, Vec<u8>>,
    /// The request's headers as they arrived.
    pub(crate) request: Option<Headers>,
    pub(crate) reply: Option<Reply>,
    pub(crate) continued: bool,
    pub(crate) closed: bool,
    pub(crate) ticks: Option<Ticks>,
}

/// When a plugin ticks.
#[derive(Clone, Copy)]
pub(crate) struct Ticks {
    pub(crate) next: Duration,
    pub(crate) period: Duration,
}

impl Context {
    /// Whether the request is a gRPC client's.
    pub(crate) fn is_grpc(&self) -> bool {
        let request = self.maps.get(&MapType::RequestHeaders).or(self.request.as_ref());
        let kind = request.and_then(|headers| headers.first(b"content-type"));
        kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
    }
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

    pub(crate) fn with_current<R>(&self, use_it: impl FnOnce(&mut Context) -> R) -> R {
        self.context(self.current.get(), use_it)
    }

    pub(crate) fn with_map<R>(
        &self,
        map: MapType,
        use_it: impl FnOnce(&mut Headers) -> R,
    ) -> Result<R, HostError> {
        self.with_current(|context| {
            if context.possible == Some(map) {
                context.maps.entry(map).or_default();
            }
            context.maps.get_mut(&map).map(use_it).ok_or(HostError::BadArgument)
        })
    }

    /// A map to be read. Where there is none it is empty for one who asks for all of it, and an error
    /// for one who asks for a header.
    pub(crate) fn read_map(&self, map: MapType) -> Result<Headers, HostError> {
        if map == MapType::HttpCallResponseHeaders
            && let Some(headers) = &*self.answer.borrow()
        {
            return Ok(headers.clone());
        }
        self.with_current(|context| match &context.logged {
            Some(logged) => {
                // The one map that the log shows as it is, not as it was.
                let live = context.maps.get(&map).filter(|_| map == MapType::ResponseTrailers);
                Ok(live.or_else(|| logged.get(&map)).cloned().unwrap_or_default())
            }
            None => context.maps.get(&map).cloned().ok_or(HostError::BadArgument),
        })
    }

    pub(crate) fn dispatch(
        &self,
        cluster: &[u8],
        call: Request,
        is_grpc: bool,
        timeout: u32,
    ) -> Result<u32, HostError> {
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
