//! Limits how often a client may ask, exactly, across all workers of an Envoy.
//!
//! Each rule is a token bucket per key (`gcra.rs`). The buckets of all keys live in a table of fixed
//! size in the host's shared data (`table.rs`), so that workers share them and no client can make it
//! grow.

mod config;
mod gcra;
mod key;
mod limiter;
mod table;

use proxy_filter::clock;
use proxy_filter::prelude::*;

use limiter::{Limited, Rule};

const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");
const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// gRPC's `RESOURCE_EXHAUSTED`.
const GRPC_RESOURCE_EXHAUSTED: u32 = 8;

/// The filter: its rules, compiled.
#[derive(Debug)]
pub struct RateLimit {
    rules: Vec<Rule>,
}

impl Filter for RateLimit {
    fn configure(configuration: &[u8]) -> Result<Self, ConfigError> {
        config::compile(configuration).map(|rules| Self { rules })
    }
}

impl HttpFilter for RateLimit {
    type Stream = ();
    type Tag = ();
}

impl OnRequestHeaders for RateLimit {
    fn on_request_headers(&self, (): &mut (), headers: &mut RequestHeaders) -> Result<Flow, HostError> {
        let now = clock::monotonic_nanoseconds()?;
        let keys = key::of_request(&self.rules, headers)?;
        match limiter::charge(&keys, now)? {
            Ok(()) => Ok(Flow::Continue),
            Err(limited) => Ok(Flow::Reply(reply(&limited))),
        }
    }
}

fn reply(limited: &Limited<'_>) -> Reply {
    let seconds = limited.retry_after_seconds();
    proxy_filter::debug!("limited by `{}`, retry after {seconds} s", limited.rule);
    Reply::new(429)
        .details("rate_limited")
        .header(RETRY_AFTER, HeaderValue::from(seconds))
        .header(CONTENT_TYPE, TEXT)
        .body(format!("too many requests, retry after {seconds} s\n"))
        .grpc_status(GRPC_RESOURCE_EXHAUSTED)
}

proxy_filter::http_filter!(RateLimit: RequestHeaders);
