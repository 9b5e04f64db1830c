//! A rate limit engine: Limitador, in memory, behind an endpoint of Envoy's Rate Limit Service v3.
//!
//! ```
//! let engine = engine::Engine::start("edge", &[engine::Limit { key: "remote_address", most: 5, seconds: 60 }])?;
//! assert_ne!(engine.address().port(), 0);
//! # Ok::<(), anyhow::Error>(())
//! ```

use std::collections::HashMap;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use envoy_types::pb::envoy::extensions::common::ratelimit::v3::RateLimitDescriptor;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::{Code, DescriptorStatus};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::{
    RateLimitService, RateLimitServiceServer,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use limitador::RateLimiter;
use limitador::limit::Context;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Counters that Limitador keeps at most.
const COUNTERS: u64 = 10_000;

/// So many requests in so many seconds for each value that descriptors have under this key.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The key of a descriptor's entry.
    pub key: &'static str,
    /// Requests.
    pub most: u64,
    /// The window.
    pub seconds: u64,
}

/// A listening engine, which ends when it is dropped.
pub struct Engine {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts one with these limits on a free port.
    ///
    /// # Errors
    /// Loopback has no free port, or Limitador does not understand a limit.
    pub fn start(domain: &str, limits: &[Limit]) -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), domain, limits)
    }

    /// As [`start`](Self::start), at an address.
    ///
    /// # Errors
    /// It is taken, or Limitador does not understand a limit.
    pub fn start_at(address: SocketAddr, domain: &str, limits: &[Limit]) -> Result<Self> {
        let limiter = RateLimiter::new(COUNTERS);
        for Limit { key, most, seconds } in limits {
            let condition = format!("'{key}' in descriptors[0]").try_into();
            let variable = format!("descriptors[0]['{key}']").try_into();
            let (condition, variable) = (condition.context("a condition")?, variable.context("a variable")?);
            limiter.add_limit(limitador::limit::Limit::new(domain, *most, *seconds, [condition], [variable]));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let service = RateLimitServiceServer::new(Endpoint(limiter));
            let server = tonic::transport::Server::builder().add_service(service);
            let served = server.serve_with_incoming(TcpListenerStream::new(listener));
            runtime.block_on(async {
                tokio::select! {
                    _ = served => {}
                    _ = ended => {}
                }
            });
        });
        Ok(Self { address, end: Some(end), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Whoever listens no longer has ended already.
        _ = self.end.take().map(|end| end.send(()));
        _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Endpoint(RateLimiter);

#[tonic::async_trait]
impl RateLimitService for Endpoint {
    async fn should_rate_limit(
        &self,
        request: Request<RateLimitRequest>,
    ) -> Result<Response<RateLimitResponse>, Status> {
        let RateLimitRequest { domain, descriptors, .. } = request.into_inner();
        let statuses = descriptors.into_iter().map(|descriptor| self.decide(&domain, descriptor));
        let statuses = statuses.collect::<Result<Vec<_>, _>>()?;
        let is_over = statuses.iter().any(|status| status.code() == Code::OverLimit);
        let overall_code = if is_over { Code::OverLimit } else { Code::Ok };
        Ok(Response::new(RateLimitResponse {
            overall_code: overall_code.into(),
            statuses,
            ..RateLimitResponse::default()
        }))
    }
}

impl Endpoint {
    fn decide(&self, domain: &str, descriptor: RateLimitDescriptor) -> Result<DescriptorStatus, Status> {
        let hits = descriptor.hits_addend.map_or(1, |hits| hits.value);
        let entries = descriptor.entries.into_iter().map(|entry| (entry.key, entry.value)).collect();
        let mut context = Context::from(HashMap::new());
        context.list_binding("descriptors".into(), vec![entries]);
        let decided = self.0.check_rate_limited_and_update(&domain.into(), &context, hits);
        let decided = decided.map_err(|error| Status::internal(error.to_string()))?;
        let code = if decided.limited { Code::OverLimit } else { Code::Ok };
        Ok(DescriptorStatus { code: code.into(), ..DescriptorStatus::default() })
    }
}
