//! A proxy of either kind, as a test sees it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use proxy_model::{Request, Response};

use crate::envoy::{self, EnvoyPlugin};
use crate::exchange::Exchange;
use crate::run::{Chain, skip};

/// The name under which a plugin is loaded.
const PLUGIN_NAME: &str = "plugin";

/// A proxy with two workers.
pub struct Proxy {
    backend: Backend,
}

pub(crate) enum Backend {
    Model(proxy_model::Proxy),
    Envoy { module: String, chain: Chain },
}

/// A loaded configuration.
pub struct Plugin {
    backend: PluginBackend,
    /// The worker that serves next: the model's take turns.
    turn: Cell<usize>,
}

enum PluginBackend {
    Model(proxy_model::Plugin),
    Envoy(Box<EnvoyPlugin>),
}

impl Proxy {
    pub(crate) fn new(backend: Backend) -> Self {
        Self { backend }
    }

    /// Loads a configuration.
    ///
    /// # Panics
    /// The filter refused it.
    #[track_caller]
    pub fn load(&self, configuration: &str) -> Plugin {
        self.try_load(configuration).unwrap_or_else(|line| panic!("{configuration}\n{line}"))
    }

    /// Loads a configuration that the filter must refuse, and returns what it logged.
    ///
    /// # Panics
    /// The filter accepted it.
    #[track_caller]
    pub fn refuses(&self, configuration: &str) -> String {
        match self.try_load(configuration) {
            Ok(_) => panic!("accepted: {configuration}"),
            Err(line) => line,
        }
    }

    fn try_load(&self, configuration: &str) -> Result<Plugin, String> {
        let backend = match &self.backend {
            Backend::Model(proxy) => PluginBackend::Model(proxy.load(configuration, PLUGIN_NAME)?),
            Backend::Envoy { module, chain } => {
                PluginBackend::Envoy(Box::new(envoy::load(module, *chain, configuration)?))
            }
        };
        Ok(Plugin { backend, turn: Cell::new(0) })
    }

    fn model(&self, without: &'static str) -> &proxy_model::Proxy {
        match &self.backend {
            Backend::Model(proxy) => proxy,
            Backend::Envoy { .. } => skip(without),
        }
    }

    /// Moves the clock on. Envoy's goes by itself: the test ends there.
    pub fn advance(&self, time: Duration) {
        self.model("its clock cannot be moved").advance(time);
    }

    /// The values of all metrics by name. Envoy's come with others: the test ends there.
    pub fn metrics(&self) -> BTreeMap<String, u64> {
        self.model("its metrics are not the filter's alone").metrics()
    }

    /// The lines logged so far. Envoy's come with others: the test ends there.
    pub fn logs(&self) -> Vec<String> {
        self.model("its log is not the filter's alone").logs()
    }

    /// Keys in shared data. Envoy does not count them: the test ends there.
    pub fn shared_data_keys(&self) -> usize {
        self.model("it does not show its shared data").shared_data_keys()
    }
}

impl Plugin {
    /// Sets what the upstream answers.
    #[must_use]
    pub fn upstream(mut self, response: Response) -> Self {
        self.backend = match self.backend {
            PluginBackend::Model(plugin) => PluginBackend::Model(plugin.upstream(response)),
            PluginBackend::Envoy(plugin) => {
                plugin.set_upstream(response);
                PluginBackend::Envoy(plugin)
            }
        };
        self
    }

    /// Sends a request through the filter, on one worker after the other.
    ///
    /// # Panics
    /// What answers is not HTTP.
    #[track_caller]
    pub fn send(&self, request: Request) -> Exchange {
        match &self.backend {
            PluginBackend::Model(plugin) => Exchange(plugin.send(self.worker(), &request)),
            PluginBackend::Envoy(plugin) => {
                Exchange(plugin.send(&request).unwrap_or_else(|error| panic!("{error:#}")))
            }
        }
    }

    /// Opens a connection, sends chunks, half-closes, and returns what the upstream saw in all.
    ///
    /// # Panics
    /// The connection fails.
    #[track_caller]
    pub fn send_tcp(&self, chunks: &[&[u8]]) -> Vec<u8> {
        match &self.backend {
            PluginBackend::Model(plugin) => plugin.send_tcp(self.worker(), chunks).concat(),
            PluginBackend::Envoy(plugin) => {
                plugin.send_tcp(chunks).unwrap_or_else(|error| panic!("{error:#}"))
            }
        }
    }

    fn worker(&self) -> usize {
        self.turn.replace((self.turn.get() + 1) % crate::run::WORKERS)
    }
}
