//! Two machines in front of one upstream. Each has an Envoy and an envoyproxy/ratelimit; both count in one Redis.

use std::fs;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use harness::Envoy;
use harness::deployed;
use harness::http::{Request, Response};
use harness::ratelimit::Ratelimit;
use harness::redis::Redis;
use harness::{locate, parts};
use proxy_filter_test::{Response as Answer, Upstream};

/// The service's timeout in the deployed file.
const TIMEOUT: &str = "timeout: 50ms";

const REMOTE_ADDRESS: &str = "use_remote_address: true";

pub(crate) struct Machines {
    envoys: [Envoy; 2],
    _services: [Ratelimit; 2],
    redis: Redis,
    _upstream: Upstream,
}

impl Machines {
    /// Starts everything. `timeout` replaces the service's timeout in the filter's configuration.
    pub(crate) fn start(timeout: &str) -> Result<Self> {
        let (redis, upstream) = (Redis::start()?, Upstream::start(Answer::new(200))?);
        let (environment, limits) = (read("environment")?, read("limits.yaml")?);
        let service = || Ratelimit::start(redis.address(), &environment, &limits);
        let envoy = |service: &Ratelimit| {
            let upstreams = [(8000, upstream.address()), (8081, service.address())];
            let configuration = deployed::configuration("rate-limit-global.yaml", &upstreams)?;
            let configuration = replaced(&configuration, TIMEOUT, &format!("timeout: {timeout}"))?;
            // `x-forwarded-for` names the clients.
            let trusting = format!("{REMOTE_ADDRESS}\n{:16}xff_num_trusted_hops: 1", "");
            let configuration = replaced(&configuration, REMOTE_ADDRESS, &trusting)?;
            Envoy::start_text(&locate::envoy(), "envoy.yaml", &configuration)
        };
        let services = [service()?, service()?];
        let [one, other] = &services;
        let envoys = [envoy(one)?, envoy(other)?];
        Ok(Self { envoys, _services: services, redis, _upstream: upstream })
    }

    /// Opens `threads` connections to the two Envoys in turn, and sends `requests` requests one by one on each.
    pub(crate) fn send(&self, threads: usize, requests: usize, request: &Request) -> Result<Vec<Response>> {
        thread::scope(|scope| {
            let sender = |envoy| {
                scope.spawn(move || -> Result<Vec<_>> {
                    (0..requests).map(|_| Envoy::send(envoy, "http", request)).collect()
                })
            };
            let senders: Vec<_> = self.envoys.iter().cycle().take(threads).map(sender).collect();
            let mut all = Vec::new();
            for sender in senders {
                all.extend(sender.join().map_err(|_| anyhow!("a sender panicked"))??);
            }
            Ok(all)
        })
    }

    /// Returns a statistic of each Envoy.
    pub(crate) fn stat(&self, name: &str) -> Result<[u64; 2]> {
        let [one, other] = &self.envoys;
        Ok([one.count(name)?, other.count(name)?])
    }

    /// Ends Redis.
    pub(crate) fn lose_redis(&mut self) {
        self.redis.end();
    }
}

fn read(file: &str) -> Result<String> {
    let path = parts::root().join("deploy/engines/envoyproxy-ratelimit").join(file);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    ensure!(text.matches(from).count() == 1, "rate-limit-global.yaml does not have `{from}` exactly once");
    Ok(text.replace(from, to))
}
