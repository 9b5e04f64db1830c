//! A gRPC service that responds to every call alike, and records the calls.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use proxy_model::Request;

use crate::grpc::{GrpcServer, Replies};

/// A message, or a status without a message.
pub(super) type Outcome = Result<Vec<u8>, u32>;

/// A listening service, whose response is of this type.
pub(super) struct GrpcService<R> {
    server: GrpcServer,
    response: Arc<Mutex<R>>,
    requests: Receiver<Request>,
}

impl GrpcService<Outcome> {
    /// Starts a service of unary methods.
    pub(super) fn unary(outcome: Outcome) -> Result<Self> {
        Self::start(outcome, |method| GrpcServer::start((Ipv4Addr::LOCALHOST, 0).into(), method))
    }
}

impl GrpcService<Replies> {
    /// Starts a service of streaming methods, which responds to each message alike.
    pub(super) fn streaming(replies: Replies) -> Result<Self> {
        Self::start(replies, |method| GrpcServer::start_streaming((Ipv4Addr::LOCALHOST, 0).into(), method))
    }
}

impl<R: Clone + Send + 'static> GrpcService<R> {
    fn start(
        response: R,
        start: impl FnOnce(Box<dyn Fn(Request) -> R + Send + Sync>) -> Result<GrpcServer>,
    ) -> Result<Self> {
        let response = Arc::new(Mutex::new(response));
        let (sender, requests) = channel();
        let current = Arc::clone(&response);
        let server = start(Box::new(move |request| {
            _ = sender.send(request);
            current.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }))?;
        Ok(Self { server, response, requests })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(super) fn set(&self, response: R) {
        *self.response.lock().unwrap_or_else(PoisonError::into_inner) = response;
    }

    /// Returns the calls that arrived since the last time.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}
