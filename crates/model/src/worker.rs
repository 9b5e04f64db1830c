//! A worker: its plugins and streams, and the calls that wait for a response.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::sys::{HostError, MapType};

use crate::context::Context;
use crate::grpc_stream::GrpcStream;
use crate::headers::Headers;
use crate::message::Request;
use crate::service::Outstanding;
use crate::shared::{Shared, is_grpc_call};

/// The state that a worker keeps for its VM.
pub(crate) struct Worker {
    pub(crate) shared: Rc<Shared>,
    /// The context on which hostcalls act.
    pub(crate) current: Cell<u32>,
    pub(crate) contexts: RefCell<BTreeMap<u32, Context>>,
    pub(crate) calls: RefCell<Vec<Outstanding>>,
    pub(crate) streams: RefCell<Vec<GrpcStream>>,
    /// The headers of the call response that is being delivered, if it has any.
    pub(crate) call_headers: RefCell<Option<Headers>>,
    /// Tokens of gRPC calls that failed immediately. Envoy reports their end after the callback.
    pub(crate) failed: RefCell<Vec<u32>>,
}

impl Worker {
    pub(crate) fn new(shared: Rc<Shared>) -> Self {
        Self {
            shared,
            current: Cell::new(0),
            contexts: RefCell::default(),
            calls: RefCell::default(),
            streams: RefCell::default(),
            call_headers: RefCell::default(),
            failed: RefCell::default(),
        }
    }

    /// Reads or changes a context. If it does not exist, uses an empty one and drops it.
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

    /// Returns a header map for reading. An absent map is an error.
    pub(crate) fn read_map(&self, map: MapType) -> Result<Headers, HostError> {
        if map == MapType::HttpCallResponseHeaders
            && let Some(headers) = &*self.call_headers.borrow()
        {
            return Ok(headers.clone());
        }
        self.with_current(|context| match &context.logged {
            Some(logged) => {
                // For this map, the log phase shows the current state.
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
        let token = self.shared.call_token(is_grpc);
        let service = self.shared.services.borrow().get(cluster).cloned();
        let service = match service {
            Some(service) => service,
            None if is_grpc => {
                self.failed.borrow_mut().push(token);
                return Err(HostError::InternalFailure);
            }
            None => return Err(HostError::BadArgument),
        };
        let deadline = self.shared.now() + Duration::from_millis(u64::from(timeout));
        self.shared.calls.borrow_mut().push((cluster.to_vec(), call));
        self.calls.borrow_mut().push(Outstanding { token, service, is_grpc, deadline });
        Ok(token)
    }

    /// Cancels a gRPC call.
    pub(crate) fn cancel_call(&self, token: u32) -> Result<(), HostError> {
        if !is_grpc_call(token) {
            return Err(HostError::BadArgument);
        }
        let mut calls = self.calls.borrow_mut();
        let position = calls.iter().position(|call| call.token == token).ok_or(HostError::NotFound)?;
        calls.remove(position);
        Ok(())
    }
}
