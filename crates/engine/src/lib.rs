//! Limitador behind Envoy's Rate Limit Service v3, as its own server does it: a request's descriptors are one
//! context, in which the conditions and variables of limits are looked up, and only the request's own
//! `hits_addend` counts. Source: Kuadrant/limitador, `limitador-server/src/envoy_rls/server.rs`.
//!
//! ```
//! let limits = r#"
//! - namespace: edge
//!   max_value: 5
//!   seconds: 60
//!   conditions: ["'remote_address' in descriptors[0]"]
//!   variables: ["descriptors[0]['remote_address']"]
//! "#;
//! let engine = engine::Engine::start(limits, engine::Storage::Memory)?;
//! assert_ne!(engine.address().port(), 0);
//! # Ok::<(), anyhow::Error>(())
//! ```

use std::net::SocketAddr;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_response::Code;
use envoy_types::pb::envoy::service::ratelimit::v3::rate_limit_service_server::{
    RateLimitService, RateLimitServiceServer,
};
use envoy_types::pb::envoy::service::ratelimit::v3::{RateLimitRequest, RateLimitResponse};
use limitador::RateLimiter;
use limitador::limit::{Context, Limit};
#[cfg(feature = "redis")]
use limitador::storage::redis::RedisStorage;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Counters that are kept at most in memory.
const COUNTERS: u64 = 10_000;

/// Where an engine counts.
#[derive(Clone, Copy, Debug)]
pub enum Storage {
    /// By itself.
    Memory,
    /// In a Redis, along with others.
    #[cfg(feature = "redis")]
    Redis(SocketAddr),
}

/// A listening engine, which ends when it is dropped.
pub struct Engine {
    address: SocketAddr,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Starts one on a free port, with limits as in a file of Limitador's.
    ///
    /// # Errors
    /// Loopback has no free port, Limitador does not understand a limit, or Redis is not there.
    pub fn start(limits: &str, storage: Storage) -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), limits, storage)
    }

    /// As [`start`](Self::start), at an address.
    ///
    /// # Errors
    /// It is taken, or those of `start`.
    pub fn start_at(address: SocketAddr, limits: &str, storage: Storage) -> Result<Self> {
        let limiter = match storage {
            Storage::Memory => RateLimiter::new(COUNTERS),
            #[cfg(feature = "redis")]
            Storage::Redis(redis) => {
                let storage = RedisStorage::new(&format!("redis://{redis}")).map_err(anyhow::Error::msg)?;
                RateLimiter::new_with_storage(Box::new(storage))
            }
        };
        let limits: Vec<Limit> = serde_saphyr::from_str(limits).context("the limits")?;
        limits.into_iter().for_each(|limit| _ = limiter.add_limit(limit));
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
        let RateLimitRequest { domain, descriptors, hits_addend } = request.into_inner();
        let descriptors = descriptors
            .into_iter()
            .map(|descriptor| descriptor.entries.into_iter().map(|entry| (entry.key, entry.value)).collect());
        let mut context = Context::default();
        context.list_binding("descriptors".into(), descriptors.collect());
        let hits = u64::from(hits_addend.max(1));
        let decided = self.0.check_rate_limited_and_update(&domain.into(), &context, hits);
        let decided = decided.map_err(|error| Status::unavailable(error.to_string()))?;
        let overall_code = if decided.limited { Code::OverLimit } else { Code::Ok };
        Ok(Response::new(RateLimitResponse {
            overall_code: overall_code.into(),
            ..RateLimitResponse::default()
        }))
    }
}
