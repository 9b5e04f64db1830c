//! An Envoy that serves one test.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use proxy_filter_envoy::Chain;
use proxy_model::{Request, Service};

use super::log;
use super::plugin::EnvoyPlugin;
use super::running::Running;
use super::services::Services;
use crate::load_error::LoadError;
use crate::stop::or_fail;

/// Before the names of metrics that filters define.
const METRICS: &str = "wasmcustom.";

/// An Envoy with a module. The configurations of the module share a VM and services.
pub(crate) struct EnvoyProxy {
    module: PathBuf,
    chain: Chain,
    services: Services,
    running: RefCell<Running>,
    /// Whether counters hold only what this test has counted.
    has_own_metrics: Cell<bool>,
}

impl EnvoyProxy {
    /// Starts an Envoy that ends when this value is dropped.
    pub(crate) fn new(module: &Path, chain: Chain) -> Result<Self> {
        let proxy = Self::with(Running::start()?, module, chain);
        proxy.has_own_metrics.set(true);
        Ok(proxy)
    }

    /// Takes an Envoy that also serves earlier and later tests.
    pub(crate) fn shared(module: &Path, chain: Chain) -> Result<Self> {
        Ok(Self::with(Running::take()?, module, chain))
    }

    fn with(running: Running, module: &Path, chain: Chain) -> Self {
        let services = Services::default();
        Self {
            module: module.into(),
            chain,
            services,
            running: running.into(),
            has_own_metrics: Cell::new(false),
        }
    }

    /// Puts the Envoy back among the idle ones, for later tests.
    pub(crate) fn put_back(self) {
        self.running.into_inner().put_back();
    }

    pub(crate) fn vm_id(&self) -> String {
        self.with_running(Running::vm_id)
    }

    pub(crate) fn service(&self, cluster: &str, service: Service) {
        let is_new = or_fail(self.services.put(cluster, service));
        if is_new {
            or_fail(self.with_running(|running| running.reload(self.chain, &self.services)));
        }
    }

    pub(crate) fn calls_to(&self, cluster: &str) -> Vec<Request> {
        self.services.calls_to(cluster)
    }

    /// Loads a configuration into a plugin of this name.
    pub(crate) fn load(&self, name: &str, configuration: &[u8]) -> Result<EnvoyPlugin<'_>, LoadError> {
        let lines_before = self.logs().len();
        let mut running = self.running.borrow_mut();
        let loaded = running.load(&self.module, self.chain, (name, configuration), &self.services);
        drop(running);
        match loaded {
            Ok(listener) => Ok(EnvoyPlugin::new(&self.running, listener)),
            Err(error) => {
                let logs = self.logs();
                let refusal = logs.into_iter().skip(lines_before).find(|line| line.starts_with("Error: "));
                Err(refusal.map_or(LoadError::Failed(error), LoadError::Refused))
            }
        }
    }

    /// Adds a listener without the module.
    pub(crate) fn unfiltered(&self) -> Result<EnvoyPlugin<'_>> {
        let listener = self.running.borrow_mut().load_unfiltered(&self.module, self.chain, &self.services)?;
        Ok(EnvoyPlugin::new(&self.running, listener))
    }

    pub(crate) fn reset_metrics(&self) -> Result<()> {
        self.has_own_metrics.set(true);
        self.with_running(|running| running.envoy.reset_counters())
    }

    /// Returns the value of a counter or gauge, if it exists.
    pub(crate) fn metric(&self, name: &str) -> Result<Option<u64>> {
        self.expect_own_metrics()?;
        self.with_running(|running| running.envoy.stat(&format!("{METRICS}{name}")))
    }

    /// Returns all counters and gauges, once the filters have reported theirs.
    pub(crate) fn metrics(&self) -> Result<Vec<(String, u64)>> {
        self.expect_own_metrics()?;
        self.with_running(|running| running.envoy.counts(METRICS))
    }

    fn expect_own_metrics(&self) -> Result<()> {
        ensure!(
            self.has_own_metrics.get(),
            "call `proxy.reset_metrics()` before the requests: this Envoy may hold counts of earlier tests"
        );
        Ok(())
    }

    /// Returns the lines that the module logged in this test, in the model's format.
    pub(crate) fn logs(&self) -> Vec<String> {
        self.with_running(|running| log::of_vm(&running.log(), &running.vm_id()))
    }

    fn with_running<T>(&self, use_it: impl FnOnce(&Running) -> T) -> T {
        use_it(&self.running.borrow())
    }
}
