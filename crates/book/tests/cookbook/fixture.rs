//! One Envoy with a listener for each form of each job, and what it connects to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use book::cookbook::{Job, Peer};
use harness::certificate::Certificate;
use harness::haproxy::Haproxy;
use harness::nginx::Nginx;
use harness::recorder::Recorder;
use harness::{Envoy, locate};
use proxy_filter_test::{Response, Upstream};
use serde_json::{Value, json};

use super::forms::Form;
use super::http;
use super::listener::{listener, name};
use super::tcp::{self, NAME};

/// A running Envoy, and what it connects to.
pub(crate) struct Fixture {
    pub(crate) envoy: Envoy,
    upstreams: BTreeMap<String, Mutex<Upstream>>,
    pub(crate) peers: Peers,
}

/// What Envoy connects to in jobs for TCP. Locked, so that no two tests mix up what these programs log.
pub(crate) struct Peers {
    pub(crate) certificate: Certificate,
    pub(crate) haproxy: Mutex<Haproxy>,
    pub(crate) nginx: Mutex<Nginx>,
    pub(crate) server: Recorder,
}

impl Fixture {
    /// Starts everything.
    pub(crate) fn start(jobs: &[Job]) -> Result<Self> {
        let (peers, mut configuration) = (Peers::start()?, Configuration::default());
        let mut upstreams = BTreeMap::new();
        for job in jobs {
            let upstream = Upstream::start(Response::new(200))?;
            for form in Form::of(job) {
                let entry = form.entry(job).with_context(|| job.name.clone())?;
                let (listener, clusters) = listener(job, &name(job, form), entry)?;
                configuration.listeners.push(listener);
                let address = peers.address(job).unwrap_or(upstream.address());
                configuration.clusters.extend(clusters.into_iter().map(|cluster| (cluster, address)));
            }
            upstreams.insert(job.name.clone(), Mutex::new(upstream));
        }
        let envoy = Envoy::start_text(&locate::envoy(), "envoy.json", &configuration.to_json().to_string())?;
        Ok(Self { envoy, upstreams, peers })
    }

    /// Runs the exchanges of a job.
    pub(crate) fn run(&self, job: &Job, form: Form) -> Result<()> {
        let address = self.envoy.address(&name(job, form))?;
        if job.is_tcp() {
            return tcp::run(job, address, &self.peers);
        }
        let upstream = self.upstreams.get(&job.name).context("no upstream")?;
        http::run(job, address, &upstream.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Peers {
    fn start() -> Result<Self> {
        let certificate = Certificate::self_signed(NAME)?;
        let haproxy = Haproxy::start(&certificate)?;
        let nginx = tcp::nginx(&certificate)?;
        let server = Recorder::start()?;
        server.set_response(&[tcp::WELCOME], std::time::Duration::ZERO);
        Ok(Self { certificate, haproxy: Mutex::new(haproxy), nginx: Mutex::new(nginx), server })
    }

    /// Returns the address of a job's peer. `None` for jobs for HTTP.
    fn address(&self, job: &Job) -> Option<SocketAddr> {
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

/// Envoy's configuration.
#[derive(Default)]
struct Configuration {
    listeners: Vec<Value>,
    clusters: BTreeMap<String, SocketAddr>,
}

impl Configuration {
    fn to_json(&self) -> Value {
        let cluster = |(name, address): (&String, &SocketAddr)| {
            let endpoint = json!({"address": {"socket_address": {
                "address": address.ip().to_string(), "port_value": address.port(),
            }}});
            json!({
                "name": name,
                "connect_timeout": "5s",
                "load_assignment": {
                    "cluster_name": name,
                    "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
                },
            })
        };
        json!({
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "static_resources": {
                "listeners": self.listeners,
                "clusters": self.clusters.iter().map(cluster).collect::<Vec<_>>(),
            },
        })
    }
}
