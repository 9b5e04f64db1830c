//! A proxy of either kind, as a test sees it, and the plugins it loads.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::sys::LogLevel;
use proxy_model::{Guest, Request, Service};

use crate::envoy::EnvoyProxy;
use crate::plugin::{self, Plugin};
use crate::run::{Chain, skip};
use crate::store::Meter;
use crate::wasm::WasmModule;

/// The name under which a plugin is loaded.
pub(crate) const PLUGIN_NAME: &str = "plugin";

/// Workers of each proxy.
pub(crate) const WORKERS: usize = 2;

/// A proxy with two workers.
pub struct Proxy {
    backend: Backend,
    meter: Option<Rc<Meter>>,
    pub(crate) trap_expected: Cell<bool>,
}

/// What callbacks cost. The host's own work is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// WebAssembly instructions, about: wasmtime's fuel, by which structure is free and calls are more.
    pub instructions: u64,
    /// Calls of the host, those of WASI included. Each costs a host more than a hundred instructions.
    pub hostcalls: u64,
}

enum Backend {
    Model(proxy_model::Proxy),
    Envoy(EnvoyProxy),
}

impl Proxy {
    /// The model, with the filter compiled for this machine.
    pub fn native<G: Guest + 'static>(guest: impl Fn() -> G) -> Self {
        Self::new(Backend::Model(proxy_model::Proxy::new(WORKERS, guest)))
    }

    /// The model, with the built module in wasmtime.
    ///
    /// # Panics
    /// The module is not there.
    pub fn wasm(module: &str) -> Self {
        let module = shown(WasmModule::load(module));
        let proxy = Self::native(|| shown(module.instantiate()));
        Self { meter: Some(module.meter), ..proxy }
    }

    /// A real Envoy with the built module.
    pub fn envoy(module: &str, chain: Chain) -> Self {
        Self::new(Backend::Envoy(EnvoyProxy::new(module, chain)))
    }

    fn new(backend: Backend) -> Self {
        Self { backend, meter: None, trap_expected: Cell::new(false) }
    }

    /// What the module's callbacks have cost so far: the same on every machine.
    ///
    /// # Panics
    /// The proxy is not one with the module in wasmtime.
    pub fn cost(&self) -> Cost {
        let meter = self.meter.as_ref().unwrap_or_else(|| panic!("only wasmtime counts instructions"));
        Cost { instructions: meter.instructions.get(), hostcalls: meter.hostcalls.get() }
    }

    /// Loads a configuration. In the model all configurations of a proxy share their machines, their metrics
    /// and their log, as plugins of one `vm_id` do; in Envoy each has an Envoy of its own.
    ///
    /// # Panics
    /// The filter refused it.
    #[track_caller]
    pub fn load(&self, configuration: &str) -> Plugin<'_> {
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

    fn try_load(&self, configuration: &str) -> Result<Plugin<'_>, String> {
        let backend = match &self.backend {
            Backend::Model(proxy) => plugin::Backend::Model(proxy, proxy.load(configuration, PLUGIN_NAME)?),
            Backend::Envoy(proxy) => plugin::Backend::Envoy(Box::new(proxy.load(configuration)?)),
        };
        Ok(Plugin::new(self, backend))
    }

    /// Has filters log what is as urgent as this, as Envoy does at its own level; else tests see all lines.
    pub fn set_log_level(&self, level: LogLevel) {
        self.model("another level: tests want all lines").set_log_level(level);
    }

    /// Says that the filter's machine is meant to trap: else a test in which one does fails.
    pub fn expect_trap(&self) {
        self.trap_expected.set(true);
    }

    fn model(&self, without: &'static str) -> &proxy_model::Proxy {
        match &self.backend {
            Backend::Model(proxy) => proxy,
            Backend::Envoy(_) => skip(without),
        }
    }

    /// Puts a service behind a cluster that the filter can call, before a configuration is loaded; or
    /// gives it another answer of the same kind, at any time.
    pub fn service(&self, cluster: &str, service: Service) {
        match &self.backend {
            Backend::Model(proxy) => proxy.service(cluster, service),
            Backend::Envoy(proxy) => proxy.service(cluster, service),
        }
    }

    /// The calls that a cluster's service got since the last call of this.
    pub fn asked(&self, cluster: &str) -> Vec<Request> {
        match &self.backend {
            Backend::Model(proxy) => proxy.asked(cluster),
            Backend::Envoy(proxy) => proxy.asked(cluster),
        }
    }

    /// Calls that wait for an answer. Envoy does not count them: the test ends there.
    pub fn calls_outstanding(&self) -> usize {
        self.model("it does not count the calls that wait").calls_outstanding()
    }

    /// Moves the clock on; plugins tick as often as is due. Envoy's goes by itself: the test ends there.
    pub fn advance(&self, time: Duration) {
        self.model("its clock cannot be moved").advance(time);
    }

    /// Lets time pass: the model's clock moves on, Envoy's does by itself.
    pub fn wait(&self, time: Duration) {
        match &self.backend {
            Backend::Model(proxy) => proxy.advance(time),
            Backend::Envoy(_) => std::thread::sleep(time),
        }
    }

    /// Keys in shared data. Envoy does not count them: the test ends there.
    pub fn shared_data_keys(&self) -> usize {
        self.model("it does not show its shared data").shared_data_keys()
    }
}

/// What a result holds; an error fails the test.
#[track_caller]
pub(crate) fn shown<T>(result: anyhow::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error:#}"))
}
