//! The newest and the oldest Envoy, each with a listener for each case, an nginx for those that nginx runs, and what they
//! connect to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use harness::{Envoy, locate, parts};
use proxy_filter_test::{Response, Upstream};
use serde_json::json;

use super::case::Case;
use super::listener::listener;
use super::nginx::Servers;
use super::peers::Peers;
use super::{http, tcp};

/// The running programs.
pub(crate) struct Fixture {
    /// By their versions.
    envoys: [(&'static str, Envoy); 2],
    nginx: Servers,
    peers: Peers,
    /// The upstream of each case for HTTP, by the case's name.
    upstreams: BTreeMap<String, Mutex<Upstream>>,
}

impl Fixture {
    /// Starts everything.
    pub(crate) fn start(cases: &[Case]) -> Result<Self> {
        let (peers, mut configuration) = (Peers::start()?, Configuration::default());
        let (mut upstreams, mut servers) = (BTreeMap::new(), Vec::new());
        for case in cases {
            let upstream = Upstream::start(Response::new(200))?;
            let address = peers.address(&case.job).unwrap_or(upstream.address());
            if let Some(nginx) = case.nginx() {
                servers.push((case.name.clone(), nginx, address));
            } else if let Some(chain) = case.chain().with_context(|| case.name.clone())? {
                let (listener, clusters) = listener(&case.job, &case.name, &chain)?;
                configuration.listeners += &listener;
                configuration.clusters.extend(clusters.into_iter().map(|cluster| (cluster, address)));
            }
            upstreams.insert(case.name.clone(), Mutex::new(upstream));
        }
        let yaml = configuration.to_yaml();
        let oldest = parts::OLDEST_ENVOY_VERSION;
        let start = |version, program: &Path| -> Result<_> {
            let envoy = Envoy::start_text(program, "envoy.yaml", &yaml);
            Ok((version, envoy.with_context(|| format!("Envoy {version}"))?))
        };
        let envoys =
            [start(parts::ENVOY_VERSION, &locate::envoy())?, start(oldest, &locate::cached(oldest))?];
        Ok(Self { envoys, nginx: Servers::start(&servers)?, peers, upstreams })
    }

    /// Runs the exchanges of a case.
    pub(crate) fn run(&self, case: &Case) -> Result<()> {
        if let Some(address) = self.nginx.address(&case.name) {
            return self.run_at(case, address);
        }
        for (version, envoy) in &self.envoys {
            self.run_at(case, envoy.address(&case.name)?).with_context(|| format!("Envoy {version}"))?;
        }
        Ok(())
    }

    fn run_at(&self, case: &Case, address: SocketAddr) -> Result<()> {
        if case.job.is_tcp() {
            return tcp::run(&case.job, address, &self.peers);
        }
        let upstream = self.upstreams.get(&case.name).context("no upstream")?;
        http::run(&case.job, address, &upstream.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Envoy's configuration. The listeners are YAML, so that Envoy reads what people paste.
#[derive(Default)]
struct Configuration {
    listeners: String,
    clusters: BTreeMap<String, SocketAddr>,
}

impl Configuration {
    fn to_yaml(&self) -> String {
        let cluster = |(name, address): (&String, &SocketAddr)| {
            let endpoint = json!({"address": {"socket_address": {
                "address": address.ip().to_string(), "port_value": address.port(),
            }}});
            let assignment =
                json!({"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}]});
            let cluster = json!({"name": name, "connect_timeout": "5s", "load_assignment": assignment});
            format!("    - {cluster}\n")
        };
        format!(
            "admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: 0}}}}}}\n\
             static_resources:\n  listeners:\n{}  clusters:\n{}",
            self.listeners,
            self.clusters.iter().map(cluster).collect::<String>()
        )
    }
}
