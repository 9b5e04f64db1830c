//! What Envoy connects to in jobs for TCP.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use book::cookbook::{Job, Peer};
use harness::certificate::Certificate;
use harness::haproxy::Haproxy;
use harness::nginx::Nginx;
use harness::recorder::Recorder;

use super::nginx::behind_proxy;

/// The name in the upstreams' certificate.
pub(crate) const NAME: &str = "shop.example";

/// What the server says once the client is done.
const WELCOME: &[u8] = b"welcome\n";

/// The running programs. Locked, so that no two tests mix up what they log.
pub(crate) struct Peers {
    pub(crate) certificate: Certificate,
    pub(crate) haproxy: Mutex<Haproxy>,
    pub(crate) nginx: Mutex<Nginx>,
    pub(crate) server: Recorder,
}

impl Peers {
    /// Starts all of them.
    pub(crate) fn start() -> Result<Self> {
        let certificate = Certificate::self_signed(NAME)?;
        let haproxy = Mutex::new(Haproxy::start(&certificate)?);
        let nginx = Mutex::new(behind_proxy(&certificate)?);
        let server = Recorder::start()?;
        server.set_response(&[WELCOME], Duration::ZERO);
        Ok(Self { certificate, haproxy, nginx, server })
    }

    /// Returns the address of a job's peer. `None` for jobs for HTTP.
    pub(crate) fn address(&self, job: &Job) -> Option<SocketAddr> {
        let uses_tls = job.exchanges.iter().any(|exchange| exchange.tcp.as_ref().is_some_and(|tcp| tcp.tls));
        let haproxy = self.haproxy.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match job.peer? {
            Peer::Haproxy if uses_tls => haproxy.tls(),
            Peer::Haproxy => haproxy.plain(),
            Peer::Nginx => self.nginx.lock().unwrap_or_else(PoisonError::into_inner).address(),
            Peer::Server => self.server.address(),
        })
    }
}
