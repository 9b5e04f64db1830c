//! The filter in front of an upstream.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use harness::bootstrap::Bootstrap;
use harness::built;
use harness::fixture::Fixture;

/// A listener of the shared Envoy, with the filter in front of an upstream.
pub(super) struct Listener<'a> {
    fixture: &'a Fixture,
    name: String,
}

impl<'a> Listener<'a> {
    pub(super) fn start(fixture: &'a Fixture, configuration: &str, upstream: SocketAddr) -> Result<Self> {
        Self::start_with(fixture, configuration, upstream, |bootstrap| bootstrap)
    }

    /// Starts a listener with options of the bootstrap.
    pub(super) fn start_with(
        fixture: &'a Fixture,
        configuration: &str,
        upstream: SocketAddr,
        options: impl FnOnce(Bootstrap) -> Bootstrap,
    ) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("tcp-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let filter = built::filter("tcp-prepend", configuration);
        fixture.add(|bootstrap| options(bootstrap).cluster(&name, upstream).tcp(&name, &[filter], &name))?;
        Ok(Self { fixture, name })
    }

    pub(super) fn address(&self) -> Result<SocketAddr> {
        self.fixture.envoy.address(&self.name)
    }

    /// Returns the number of open connections.
    pub(super) fn active(&self) -> Result<u64> {
        let name = format!("listener.{}.downstream_cx_active", self.name);
        self.fixture.envoy.stat(&name)?.with_context(|| format!("Envoy has no statistic {name}"))
    }
}
