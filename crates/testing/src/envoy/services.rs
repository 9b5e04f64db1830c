//! The services that a filter in Envoy calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};

use anyhow::{Result, bail};
use proxy_filter_envoy::bootstrap::Bootstrap;
use proxy_model::{Request, Service};

use super::grpc::{GrpcService, Outcome};
use super::upstream::Upstream;
use crate::grpc::Replies;

/// Services by cluster.
#[derive(Default)]
pub(super) struct Services(RefCell<BTreeMap<String, Peer>>);

enum Peer {
    Http(Upstream),
    Grpc(GrpcService<Outcome>),
    Streaming(GrpcService<Replies>),
    /// Listens, but never accepts a connection.
    Silent(TcpListener),
    Down(SocketAddr),
}

impl Services {
    /// Starts a service, or changes the response of one that runs. Returns whether the service is new.
    pub(super) fn put(&self, cluster: &str, service: Service) -> Result<bool> {
        let mut services = self.0.borrow_mut();
        match (services.get(cluster), service) {
            (Some(Peer::Http(upstream)), Service::Http(response)) => upstream.set(response),
            (Some(Peer::Grpc(running)), Service::Grpc(message)) => running.set(Ok(message)),
            (Some(Peer::Grpc(running)), Service::GrpcStatus(status)) => running.set(Err(status)),
            (Some(Peer::Streaming(running)), Service::GrpcStream(messages, status)) => {
                running.set(replies(messages, status));
            }
            (Some(_), _) => bail!(
                "Envoy's cluster `{cluster}` has a service of another kind: use another cluster, or a test of its own"
            ),
            (None, service) => {
                services.insert(cluster.into(), Peer::start(service)?);
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(super) fn calls_to(&self, cluster: &str) -> Vec<Request> {
        match self.0.borrow().get(cluster) {
            Some(Peer::Http(upstream)) => upstream.requests(),
            Some(Peer::Grpc(service)) => service.requests(),
            Some(Peer::Streaming(service)) => service.requests(),
            Some(Peer::Silent(_) | Peer::Down(_)) | None => Vec::new(),
        }
    }

    /// Adds a cluster for each service.
    pub(super) fn clusters(&self, bootstrap: Bootstrap) -> Bootstrap {
        self.0.borrow().iter().fold(bootstrap, |bootstrap, (cluster, service)| match service {
            Peer::Http(upstream) => bootstrap.cluster(cluster, upstream.address()),
            Peer::Grpc(service) => bootstrap.http2_cluster(cluster, service.address()),
            Peer::Streaming(service) => bootstrap.http2_cluster(cluster, service.address()),
            Peer::Silent(listener) => match listener.local_addr() {
                Ok(address) => bootstrap.http2_cluster(cluster, address),
                Err(_) => bootstrap,
            },
            Peer::Down(address) => bootstrap.http2_cluster(cluster, *address),
        })
    }
}

impl Peer {
    fn start(service: Service) -> Result<Self> {
        Ok(match service {
            Service::Http(response) => Self::Http(Upstream::start(response)?),
            Service::Grpc(message) => Self::Grpc(GrpcService::unary(Ok(message))?),
            Service::GrpcStatus(status) => Self::Grpc(GrpcService::unary(Err(status))?),
            Service::GrpcStream(messages, status) => {
                Self::Streaming(GrpcService::streaming(replies(messages, status))?)
            }
            Service::Silent => Self::Silent(TcpListener::bind("127.0.0.1:0")?),
            // No program listens on TCP port 1.
            Service::Down => Self::Down(SocketAddr::from(([127, 0, 0, 1], 1))),
        })
    }
}

/// Returns the responses of a [`Service::GrpcStream`].
fn replies(messages: Vec<Vec<u8>>, status: u32) -> Replies {
    Replies { messages, status: (status != 0).then_some(status) }
}
