//! The services that a filter in a real Envoy calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};

use anyhow::{Result, bail};
use harness::bootstrap::Bootstrap;
use proxy_model::{Request, Service};

use crate::grpc::GrpcService;
use crate::upstream::Upstream;

/// Services by cluster.
#[derive(Default)]
pub(crate) struct Services(RefCell<BTreeMap<String, Running>>);

enum Running {
    Http(Upstream),
    Grpc(GrpcService),
    /// The kernel takes connections for a listener that never does.
    Silent(TcpListener),
    Down(SocketAddr),
}

impl Services {
    /// Starts a service, or gives one that runs another answer.
    pub(crate) fn put(&self, cluster: &str, service: Service) -> Result<()> {
        let mut services = self.0.borrow_mut();
        match (services.get(cluster), service) {
            (Some(Running::Http(upstream)), Service::Http(response)) => upstream.set(response),
            (Some(Running::Grpc(running)), Service::Grpc(message)) => running.set(Ok(message)),
            (Some(Running::Grpc(running)), Service::GrpcStatus(status)) => running.set(Err(status)),
            (Some(_), service) => bail!("the service of {cluster} cannot become {service:?}"),
            (None, service) => _ = services.insert(cluster.into(), Running::start(service)?),
        }
        Ok(())
    }

    pub(crate) fn has(&self, cluster: &str) -> bool {
        self.0.borrow().contains_key(cluster)
    }

    pub(crate) fn asked(&self, cluster: &str) -> Vec<Request> {
        match self.0.borrow().get(cluster) {
            Some(Running::Http(upstream)) => upstream.requests(),
            Some(Running::Grpc(service)) => service.requests(),
            Some(Running::Silent(_) | Running::Down(_)) | None => Vec::new(),
        }
    }

    /// Adds a cluster for each service.
    pub(crate) fn clusters(&self, bootstrap: Bootstrap) -> Bootstrap {
        self.0.borrow().iter().fold(bootstrap, |bootstrap, (cluster, service)| match service {
            Running::Http(upstream) => bootstrap.cluster(cluster, upstream.address()),
            Running::Grpc(service) => bootstrap.http2_cluster(cluster, service.address),
            Running::Silent(listener) => match listener.local_addr() {
                Ok(address) => bootstrap.http2_cluster(cluster, address),
                Err(_) => bootstrap,
            },
            Running::Down(address) => bootstrap.http2_cluster(cluster, *address),
        })
    }
}

impl Running {
    fn start(service: Service) -> Result<Self> {
        Ok(match service {
            Service::Http(response) => Self::Http(Upstream::start(response)?),
            Service::Grpc(message) => Self::Grpc(GrpcService::start(Ok(message))?),
            Service::GrpcStatus(status) => Self::Grpc(GrpcService::start(Err(status))?),
            Service::Silent => Self::Silent(TcpListener::bind("127.0.0.1:0")?),
            // Nobody listens on TCP's port 1.
            Service::Down => Self::Down(SocketAddr::from(([127, 0, 0, 1], 1))),
        })
    }
}
