//! A gRPC service that responds to every call with one message or status, and records the calls.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use proxy_model::Request;

use crate::grpc::GrpcServer;

/// A message, or a status without a message.
pub(super) type Outcome = Result<Vec<u8>, u32>;

/// A listening service.
pub(super) struct GrpcService {
    server: GrpcServer,
    outcome: Arc<Mutex<Outcome>>,
    requests: Receiver<Request>,
}

impl GrpcService {
    pub(super) fn start(outcome: Outcome) -> Result<Self> {
        let outcome = Arc::new(Mutex::new(outcome));
        let (sender, requests) = channel();
        let current = Arc::clone(&outcome);
        let server = GrpcServer::start((Ipv4Addr::LOCALHOST, 0).into(), move |request| {
            _ = sender.send(request);
            current.lock().unwrap_or_else(PoisonError::into_inner).clone()
        })?;
        Ok(Self { server, outcome, requests })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(super) fn set(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    /// Returns the calls that arrived since the last time.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}
