//! Two machines before one upstream, each an Envoy and an engine, which count in one Redis.

use std::fs;
use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};
use e2e::deployed;
use harness::envoy::Envoy;
use harness::http::{Request, Response};
use harness::limitador::Limitador;
use harness::parts;
use harness::ratelimit::Ratelimit;
use harness::redis::Redis;
use proxy_filter_test::{Response as Answer, Upstream};

/// Which engine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Ratelimit,
    Limitador,
}

enum Engine {
    Ratelimit(Ratelimit),
    Limitador(Limitador),
}

/// Of the engine, in the deployed file.
const TIMEOUT: &str = r#""timeout": "50ms""#;

const ADDRESS: &str = "use_remote_address: true";

pub(crate) struct Machines {
    envoys: [Envoy; 2],
    _engines: [Engine; 2],
    redis: Redis,
    _upstream: Upstream,
}

impl Machines {
    /// `timeout` is that of the engine, in the filter's configuration.
    pub(crate) fn start(kind: Kind, timeout: &str) -> Result<Self> {
        let (redis, upstream) = (Redis::start()?, Upstream::start(Answer::new(200))?);
        let engines = [kind.start(redis.address())?, kind.start(redis.address())?];
        let envoy = |engine: &Engine| {
            let ports = [(8000, upstream.address()), (8081, engine.address())];
            let configuration = deployed::configuration("rate-limit-global.yaml", &ports)?;
            ensure!(configuration.matches(TIMEOUT).count() == 1, "there is not one {TIMEOUT}");
            let configuration = configuration.replace(TIMEOUT, &format!(r#""timeout": "{timeout}""#));
            // Clients are whom `x-forwarded-for` names.
            let trusting =
                configuration.replace(ADDRESS, &format!("{ADDRESS}\n{:16}xff_num_trusted_hops: 1", ""));
            ensure!(trusting != configuration, "there is no {ADDRESS}");
            Envoy::start_version(parts::ENVOY_VERSION, "envoy.yaml", &trusting)
        };
        let [one, other] = &engines;
        let envoys = [envoy(one)?, envoy(other)?];
        Ok(Self { envoys, _engines: engines, redis, _upstream: upstream })
    }

    /// Sends each Envoy so many requests on each of so many connections, all at once.
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

    /// What a statistic is for each of the Envoys.
    pub(crate) fn stat(&self, name: &str) -> Result<[u64; 2]> {
        let [one, other] = &self.envoys;
        Ok([one.stat(name)?.unwrap_or_default(), other.stat(name)?.unwrap_or_default()])
    }

    /// Ends Redis.
    pub(crate) fn lose_redis(&mut self) {
        self.redis.end();
    }
}

impl Kind {
    fn start(self, redis: SocketAddr) -> Result<Engine> {
        let read = |file: &str| {
            let path = parts::root().join("deploy/engines").join(file);
            fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        Ok(match self {
            Self::Ratelimit => Engine::Ratelimit(Ratelimit::start(
                redis,
                &read("envoyproxy-ratelimit/environment")?,
                &read("envoyproxy-ratelimit/limits.yaml")?,
            )?),
            Self::Limitador => Engine::Limitador(Limitador::start(redis, &read("limitador/limits.yaml")?)?),
        })
    }
}

impl Engine {
    fn address(&self) -> SocketAddr {
        match self {
            Self::Ratelimit(engine) => engine.address(),
            Self::Limitador(engine) => engine.address(),
        }
    }
}
