//! Running Envoys, each with its upstreams. Each serves one test at a time; a test binary starts as many as it runs
//! tests in parallel.
//!
//! V8 keeps a compiled module while a VM of the process runs it. The next VM of the same module then starts in 20 ms,
//! while compiling takes a second. So the listeners of a test stay until another test has loaded the module.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use data_encoding::BASE64;
use proxy_filter_envoy::bootstrap::{Bootstrap, Filter};
use proxy_filter_envoy::recorder::Recorder;
use proxy_filter_envoy::{Chain, Envoy};
use proxy_model::{Response, VM_ID};
use serde_json::{Value, json};

use super::services::Services;
use super::upstream::Upstream;

/// The name under which plugins are loaded.
pub(crate) const PLUGIN_NAME: &str = "plugin";

/// The idle Envoys. They end with this program.
static IDLE: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// A running Envoy.
pub(super) struct Running {
    pub(super) envoy: Envoy,
    pub(super) upstream: Upstream,
    pub(super) recorder: Recorder,
    /// The number of the test that it serves, counted from 0.
    test: usize,
    listeners: Vec<Listener>,
    next_listener: usize,
    /// The position in the log at which this test begins.
    log_start: usize,
}

/// A listener with a configuration of the module.
#[derive(Clone)]
struct Listener {
    name: String,
    test: usize,
    module: PathBuf,
    chain: Chain,
    /// `None` if requests pass without a filter.
    filter: Option<Filter>,
}

impl Running {
    /// Starts an Envoy without listeners.
    pub(super) fn start() -> Result<Self> {
        Ok(Self {
            envoy: Envoy::start_watching(&bootstrap())?,
            upstream: Upstream::start(Response::new(200))?,
            recorder: Recorder::start()?,
            test: 0,
            listeners: Vec::new(),
            next_listener: 0,
            log_start: 0,
        })
    }

    /// Takes an idle Envoy, or starts one.
    pub(super) fn take() -> Result<Self> {
        let idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(mut running) = idle else { return Self::start() };
        running.test += 1;
        running.log_start = running.envoy.log().len();
        Ok(running)
    }

    /// Puts the Envoy back among the idle ones, for later tests.
    pub(super) fn put_back(self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
    }

    /// Returns the id of this test's VM, which no other test uses, so that tests do not share data or logs.
    pub(super) fn vm_id(&self) -> String {
        match self.test {
            0 => VM_ID.to_owned(),
            test => format!("{VM_ID}-{test}"),
        }
    }

    /// Returns what Envoy has logged in this test.
    pub(super) fn log(&self) -> String {
        let log = self.envoy.log();
        log.get(self.log_start..).unwrap_or_default().to_owned()
    }

    /// Adds a listener with a plugin of this name and configuration, and returns the listener's name.
    pub(super) fn load(
        &mut self,
        module: &Path,
        chain: Chain,
        (name, configuration): (&str, &[u8]),
        services: &Services,
    ) -> Result<String> {
        let stem = module.file_stem().unwrap_or_default().to_string_lossy();
        let filter = match std::str::from_utf8(configuration) {
            Ok(text) => Filter::new(&stem, module, text),
            Err(_) => Filter::configured(&stem, module, bytes_value(configuration)),
        };
        self.listen(module, chain, Some(filter.named(name, &self.vm_id())), services)
    }

    /// Adds a listener without the module, which lasts as long as those with it, and returns its name.
    pub(super) fn load_unfiltered(
        &mut self,
        module: &Path,
        chain: Chain,
        services: &Services,
    ) -> Result<String> {
        self.listen(module, chain, None, services)
    }

    fn listen(
        &mut self,
        module: &Path,
        chain: Chain,
        filter: Option<Filter>,
        services: &Services,
    ) -> Result<String> {
        let name = format!("listener-{}", self.next_listener);
        self.next_listener += 1;
        let listener = Listener { name: name.clone(), test: self.test, module: module.into(), chain, filter };
        let of_before = self.listeners.clone();
        self.listeners.push(listener);
        if let Err(error) = self.reload(chain, services) {
            self.listeners = of_before;
            return Err(error);
        }
        // The next reload removes the listeners of earlier tests.
        self.listeners.retain(|listener| listener.module != module || listener.test == self.test);
        Ok(name)
    }

    /// Reloads Envoy with the current listeners and clusters.
    pub(super) fn reload(&self, chain: Chain, services: &Services) -> Result<()> {
        let upstream = match chain {
            Chain::Http => self.upstream.address(),
            Chain::Tcp => self.recorder.address(),
        };
        let bootstrap = services.clusters(bootstrap()).cluster("upstream", upstream);
        self.envoy.reload(&self.listeners.iter().fold(bootstrap, |bootstrap, listener| {
            let Listener { name, filter, .. } = listener;
            match listener.chain {
                Chain::Http => bootstrap.http(name, filter.as_slice(), "upstream"),
                Chain::Tcp => bootstrap.tcp(name, filter.as_slice(), "upstream"),
            }
        }))
    }
}

/// Returns a message that reaches a filter as these bytes.
fn bytes_value(bytes: &[u8]) -> Value {
    json!({"@type": "type.googleapis.com/google.protobuf.BytesValue", "value": BASE64.encode(bytes)})
}

fn bootstrap() -> Bootstrap {
    Bootstrap::default().debug_logs().trusted_hops(1)
}
