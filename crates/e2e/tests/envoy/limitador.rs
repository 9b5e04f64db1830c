//! Limitador behind Envoy's Rate Limit Service v3, as its own server runs it: a request's descriptors form one
//! context, in which limits look up their conditions and variables, and only the request's own `hits_addend`
//! counts. Source: Kuadrant/limitador, `limitador-server/src/envoy_rls/server.rs`.

use std::net::SocketAddr;

use anyhow::Result;
use limitador::RateLimiter;
use limitador::limit::{Context, Limit};
use prost::Message;
use proxy_filter_test::GrpcServer;

/// The most counters that Limitador keeps in memory.
const COUNTERS: u64 = 10_000;

/// gRPC's status `INVALID_ARGUMENT`.
const INVALID_ARGUMENT: u32 = 3;

/// gRPC's status `UNAVAILABLE`.
const UNAVAILABLE: u32 = 14;

/// A listening Limitador that counts in memory. Dropping it closes its connections.
pub(crate) struct Limitador(GrpcServer);

impl Limitador {
    /// Starts Limitador on a free port.
    ///
    /// # Errors
    /// Loopback has no free port.
    pub(crate) fn start(limits: Vec<Limit>) -> Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), limits)
    }

    /// Starts Limitador at an address.
    ///
    /// # Errors
    /// The address is taken.
    pub(crate) fn start_at(address: SocketAddr, limits: Vec<Limit>) -> Result<Self> {
        let limiter = RateLimiter::new(COUNTERS);
        limits.into_iter().for_each(|limit| _ = limiter.add_limit(limit));
        Ok(Self(GrpcServer::start(address, move |request| {
            should_rate_limit(&limiter, &request.body.concat())
        })?))
    }

    /// Returns the address for gRPC.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address()
    }
}

fn should_rate_limit(limiter: &RateLimiter, request: &[u8]) -> Result<Vec<u8>, u32> {
    let request = RateLimitRequest::decode(request).map_err(|_| INVALID_ARGUMENT)?;
    let descriptors = request
        .descriptors
        .into_iter()
        .map(|descriptor| descriptor.entries.into_iter().map(|entry| (entry.key, entry.value)).collect());
    let mut context = Context::default();
    context.list_binding("descriptors".into(), descriptors.collect());
    let hits = u64::from(request.hits_addend.max(1));
    let decision = limiter.check_rate_limited_and_update(&request.domain.into(), &context, hits);
    let is_limited = decision.map_err(|_| UNAVAILABLE)?.limited;
    Ok(RateLimitResponse { overall_code: if is_limited { OVER_LIMIT } else { OK } }.encode_to_vec())
}

// The fields of `envoy/service/ratelimit/v3/rls.proto` that Limitador uses.

#[derive(Clone, PartialEq, Message)]
struct RateLimitRequest {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(message, repeated, tag = "2")]
    descriptors: Vec<Descriptor>,
    #[prost(uint32, tag = "3")]
    hits_addend: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Descriptor {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
struct Entry {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
}

#[derive(Clone, PartialEq, Message)]
struct RateLimitResponse {
    #[prost(int32, tag = "1")]
    overall_code: i32,
}

/// `RateLimitResponse.Code.OK`.
const OK: i32 = 1;

/// `RateLimitResponse.Code.OVER_LIMIT`.
const OVER_LIMIT: i32 = 2;
