//! A proxy of either kind, as a test sees it, and the plugins it loads.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use proxy_filter::sys::LogLevel;
use proxy_model::{Guest, Request, Service, VM_ID};

use crate::envoy::{Chain, EnvoyProxy, PLUGIN_NAME};
use crate::plugin::{self, Plugin, WORKERS};
use crate::stop::{or_fail, skip};
use crate::store::Meter;
use crate::wasm::WasmModule;

/// A proxy with two workers.
pub struct Proxy {
    backend: Backend,
    meter: Option<Rc<Meter>>,
    trap_expected: Cell<bool>,
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
    Envoy(Box<EnvoyProxy>),
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
        let module = or_fail(WasmModule::load(module));
        let proxy = Self::native(|| or_fail(module.instantiate()));
        Self { meter: Some(module.meter), ..proxy }
    }

    /// A real Envoy with the built module. It ends with this value.
    ///
    /// # Panics
    /// Envoy does not start.
    pub fn envoy(module: &str, chain: Chain) -> Self {
        Self::new(Backend::Envoy(Box::new(or_fail(EnvoyProxy::new(module, chain)))))
    }

    /// A real Envoy with the built module, which serves other tests too, but only one at a time.
    ///
    /// # Panics
    /// Envoy does not start.
    pub(crate) fn shared_envoy(module: &str, chain: Chain) -> Self {
        Self::new(Backend::Envoy(Box::new(or_fail(EnvoyProxy::shared(module, chain)))))
    }

    /// Leaves a shared Envoy to the tests that follow. After a test that failed it is ended instead, with this value.
    pub(crate) fn put_back(self) {
        if let Backend::Envoy(proxy) = self.backend {
            proxy.put_back();
        }
    }

    /// The id of the VM in which configurations run.
    pub fn vm_id(&self) -> String {
        match &self.backend {
            Backend::Model(_) => VM_ID.to_owned(),
            Backend::Envoy(proxy) => proxy.vm_id(),
        }
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

    /// Loads a configuration. All configurations of a proxy share a VM in each worker, metrics and a log, as plugins with
    /// the same `vm_id` do.
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
            Backend::Envoy(proxy) => plugin::Backend::Envoy(proxy, proxy.load(configuration)?),
        };
        Ok(Plugin::new(backend, &self.trap_expected))
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

    /// Starts a service behind a cluster that the filter can call. Called again, gives it another response of the same
    /// kind.
    pub fn service(&self, cluster: &str, service: Service) {
        match &self.backend {
            Backend::Model(proxy) => proxy.service(cluster, service),
            Backend::Envoy(proxy) => proxy.service(cluster, service),
        }
    }

    /// The calls to a cluster's service since this was asked last.
    pub fn calls_to(&self, cluster: &str) -> Vec<Request> {
        match &self.backend {
            Backend::Model(proxy) => proxy.calls_to(cluster),
            Backend::Envoy(proxy) => proxy.calls_to(cluster),
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
