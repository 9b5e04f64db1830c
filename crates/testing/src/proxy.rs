//! The proxy of a test: the model or Envoy.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use proxy_filter::sys::LogLevel;
use proxy_model::{Guest, Request, Service, VM_ID};

use crate::envoy::{Chain, EnvoyProxy, PLUGIN_NAME};
use crate::load_error::LoadError;
use crate::modules;
use crate::plugin::{self, Plugin, WORKERS};
use crate::specialized::Maker;
use crate::stop::{or_fail, skip};
use crate::store::Meter;
use crate::wasm::WasmModule;

/// A proxy with two workers.
pub struct Proxy {
    backend: Backend,
    meter: Option<Rc<Meter>>,
    trap_expected: Cell<bool>,
    /// If set, each configuration gets a module that is made for it.
    specialized: Option<Maker>,
}

/// The cost of callbacks, without the work of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// WebAssembly instructions, measured as wasmtime's fuel. Blocks cost none, calls more than one.
    pub instructions: u64,
    /// Hostcalls, including those of WASI. Each costs the host more than a hundred instructions.
    pub hostcalls: u64,
}

enum Backend {
    Model(Rc<proxy_model::Proxy>),
    Envoy(Rc<EnvoyProxy>),
}

impl Proxy {
    /// Creates the model with the filter compiled natively.
    pub fn native<G: Guest + 'static>(guest: impl Fn() -> G) -> Self {
        Self::of_model(proxy_model::Proxy::new(WORKERS, guest), None)
    }

    /// Creates the model with the built module in wasmtime.
    ///
    /// # Panics
    /// The module does not exist.
    pub fn wasm(module: &str) -> Self {
        or_fail(modules::built(module).and_then(|file| Self::of_wasm(&file)))
    }

    /// Creates the model with a module's file in wasmtime. Unlike those for tests, this proxy does not panic if the filter
    /// does: see its [logs](Self::logs).
    ///
    /// # Errors
    /// The file is not a module, or the module traps when it starts.
    pub fn wasm_file(module: &Path) -> Result<Self> {
        let proxy = Self::of_wasm(module)?;
        proxy.expect_trap();
        Ok(proxy)
    }

    fn of_wasm(module: &Path) -> Result<Self> {
        let module = WasmModule::load(module)?;
        // Each VM starts as this one does.
        module.instantiate()?;
        let model = proxy_model::Proxy::new(WORKERS, || or_fail(module.instantiate()));
        Ok(Self::of_model(model, Some(module.meter)))
    }

    fn of_model(model: proxy_model::Proxy, meter: Option<Rc<Meter>>) -> Self {
        Self::new(Backend::Model(Rc::new(model)), meter)
    }

    /// Like [`wasm`](Self::wasm), but loads each configuration with a module that was made for it.
    ///
    /// # Panics
    /// The module does not exist, or its filter cannot be specialized.
    pub fn specialized(module: &str) -> Self {
        let mut proxy = Self::wasm(module);
        proxy.specialized = Some(or_fail(Maker::of(module)));
        proxy
    }

    /// Starts a real Envoy with the built module. It ends when this value is dropped.
    ///
    /// # Panics
    /// Envoy does not start.
    pub fn envoy(module: &str, chain: Chain) -> Self {
        or_fail(modules::built(module).and_then(|file| Self::of_envoy(&file, chain)))
    }

    /// Starts a real Envoy with a module's file. It ends when this value is dropped. Unlike those for tests, this proxy does
    /// not panic if the filter does: see its [logs](Self::logs).
    ///
    /// # Errors
    /// Envoy does not start.
    pub fn envoy_file(module: &Path, chain: Chain) -> Result<Self> {
        let proxy = Self::of_envoy(module, chain)?;
        proxy.expect_trap();
        Ok(proxy)
    }

    fn of_envoy(module: &Path, chain: Chain) -> Result<Self> {
        Ok(Self::with_envoy(Rc::new(EnvoyProxy::new(module, chain)?)))
    }

    pub(crate) fn with_envoy(envoy: Rc<EnvoyProxy>) -> Self {
        Self::new(Backend::Envoy(envoy), None)
    }

    /// Returns the id of the VM in which configurations run.
    pub fn vm_id(&self) -> String {
        match &self.backend {
            Backend::Model(_) => VM_ID.to_owned(),
            Backend::Envoy(proxy) => proxy.vm_id(),
        }
    }

    fn new(backend: Backend, meter: Option<Rc<Meter>>) -> Self {
        Self { backend, meter, trap_expected: Cell::new(false), specialized: None }
    }

    /// Returns the cost of the module's callbacks so far, which is the same on every machine.
    ///
    /// # Panics
    /// The module does not run in wasmtime.
    pub fn cost(&self) -> Cost {
        let meter = self.meter.as_ref().unwrap_or_else(|| panic!("only `Proxy::wasm` counts instructions"));
        Cost { instructions: meter.instructions.get(), hostcalls: meter.hostcalls.get() }
    }

    /// Returns the lines that the filter has logged so far, as `Info: line`.
    pub fn logs(&self) -> Vec<String> {
        match &self.backend {
            Backend::Model(proxy) => proxy.logs(),
            Backend::Envoy(proxy) => proxy.logs(),
        }
    }

    /// Returns the names and values of the filter's counters and gauges. The filter reports counters once a second: the
    /// model ticks first, and Envoy is given a second.
    ///
    /// # Errors
    /// Envoy does not respond, or its counters may hold counts of other tests.
    pub fn metrics(&self) -> Result<Vec<(String, u64)>> {
        match &self.backend {
            Backend::Model(proxy) => {
                proxy.tick();
                Ok(proxy.metrics().into_iter().collect())
            }
            Backend::Envoy(proxy) => proxy.metrics(),
        }
    }

    /// Loads a configuration. All configurations of a proxy share a VM in each worker, metrics and a log, as plugins with
    /// the same `vm_id` do.
    ///
    /// # Panics
    /// The filter rejects the configuration. The message contains what the filter logged.
    #[track_caller]
    pub fn load(&self, configuration: &str) -> Plugin<'_> {
        match self.try_load(configuration) {
            Ok(plugin) => plugin,
            Err(error) => panic!("{configuration}\n{error}"),
        }
    }

    /// Sets all counters to zero. Call this before the requests of a test that expects metrics. Tests share Envoys, so this
    /// first waits until the filters of earlier tests have reported their counters.
    ///
    /// # Panics
    /// Envoy does not respond.
    pub fn reset_metrics(&self) {
        match &self.backend {
            // The model serves one test.
            Backend::Model(_) => {}
            Backend::Envoy(proxy) => or_fail(proxy.reset_metrics()),
        }
    }

    /// Loads a configuration that the filter must reject, and returns the line that it logged.
    ///
    /// # Panics
    /// The filter accepts the configuration.
    #[track_caller]
    pub fn refuses(&self, configuration: &str) -> String {
        match self.try_load(configuration) {
            Ok(_) => panic!("accepted: {configuration}"),
            Err(LoadError::Refused(line)) => line,
            Err(error @ LoadError::Failed(_)) => panic!("{error}"),
        }
    }

    /// Like [`load`](Self::load), for a program that shows why a configuration was not loaded.
    ///
    /// # Errors
    /// The filter rejects the configuration, or Envoy fails.
    pub fn try_load(&self, configuration: &str) -> Result<Plugin<'_>, LoadError> {
        let backend = match &self.backend {
            Backend::Model(proxy) => {
                let loaded = self.load_in_model(proxy, configuration);
                plugin::Backend::Model(proxy, loaded.map_err(LoadError::Refused)?)
            }
            Backend::Envoy(proxy) => plugin::Backend::Envoy(proxy, proxy.load(configuration)?),
        };
        Ok(Plugin::new(backend))
    }

    fn load_in_model(
        &self,
        proxy: &proxy_model::Proxy,
        configuration: &str,
    ) -> Result<proxy_model::Plugin, String> {
        let Some(maker) = &self.specialized else { return proxy.load(configuration, PLUGIN_NAME) };
        match maker.make(configuration) {
            // The module needs no configuration.
            Ok(module) => proxy.load_in_new_vms(|| or_fail(module.instantiate()), "", PLUGIN_NAME),
            Err(refusal) => match proxy.load(configuration, PLUGIN_NAME) {
                Ok(_) => panic!("the tool refuses what the filter accepts: {configuration}\n{refusal}"),
                Err(line) => {
                    assert_eq!(format!("Error: {refusal}"), line, "the tool's message, and that at load");
                    Err(line)
                }
            },
        }
    }

    /// Sets the filters' log level. By default all levels are logged. In Envoy the test ends here.
    pub fn set_log_level(&self, level: LogLevel) {
        self.model("its log level is fixed").set_log_level(level);
    }

    /// Allows the filter's VM to trap. Otherwise a trap fails the test.
    pub fn expect_trap(&self) {
        self.trap_expected.set(true);
    }

    /// Ends the test here in Envoy, without failing it, for example because the rest takes too long there.
    pub fn model_only(&self, reason: &'static str) {
        _ = self.model(reason);
    }

    fn model(&self, without: &'static str) -> &proxy_model::Proxy {
        match &self.backend {
            Backend::Model(proxy) => proxy,
            Backend::Envoy(_) => skip(without),
        }
    }

    /// Starts a service in a cluster that the filter can call. A second call changes the response, which must be of the
    /// same kind.
    pub fn service(&self, cluster: &str, service: Service) {
        match &self.backend {
            Backend::Model(proxy) => proxy.service(cluster, service),
            Backend::Envoy(proxy) => proxy.service(cluster, service),
        }
    }

    /// Returns the calls that a cluster's service has received since the last time.
    pub fn calls_to(&self, cluster: &str) -> Vec<Request> {
        match &self.backend {
            Backend::Model(proxy) => proxy.calls_to(cluster),
            Backend::Envoy(proxy) => proxy.calls_to(cluster),
        }
    }

    /// Returns the number of calls that wait for a response. In Envoy the test ends here: it does not count them.
    pub fn calls_outstanding(&self) -> usize {
        self.model("it does not count outstanding calls").calls_outstanding()
    }

    /// Moves the clock forward, and runs the ticks that become due. In Envoy the test ends here: its clock cannot be
    /// moved.
    pub fn advance(&self, time: Duration) {
        self.model("its clock cannot be moved").advance(time);
    }

    /// Lets time pass: moves the model's clock forward, or sleeps.
    pub fn wait(&self, time: Duration) {
        match &self.backend {
            Backend::Model(proxy) => proxy.advance(time),
            Backend::Envoy(_) => std::thread::sleep(time),
        }
    }

    /// Returns the number of keys in shared data. In Envoy the test ends here: it does not show them.
    pub fn shared_data_keys(&self) -> usize {
        self.model("it does not show its shared data").shared_data_keys()
    }
}

/// Fails the test if the filter panicked, perhaps in a callback whose outcome is invisible to clients, such as the end of a
/// stream.
impl Drop for Proxy {
    fn drop(&mut self) {
        if std::thread::panicking() || self.trap_expected.get() {
            return;
        }
        if let Some(line) = self.logs().iter().find(|line| line.starts_with("Critical")) {
            panic!("the filter panicked: {line}");
        }
    }
}
