//! The proxy of a test: the model or Envoy.

mod load;
mod start;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use proxy_filter::sys::LogLevel;
use proxy_model::{Request, Service, VM_ID};

use crate::envoy::EnvoyProxy;
use crate::specialized::Maker;
use crate::stop::{or_fail, skip};
use crate::store::Meter;

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
    /// Returns the id of the VM in which configurations run.
    pub fn vm_id(&self) -> String {
        match &self.backend {
            Backend::Model(_) => VM_ID.to_owned(),
            Backend::Envoy(proxy) => proxy.vm_id(),
        }
    }

    /// Returns the cost of the module's callbacks so far, which is the same on every machine.
    ///
    /// # Panics
    /// The module does not run in wasmtime.
    pub fn cost(&self) -> Cost {
        let meter = self.meter.as_ref().unwrap_or_else(|| panic!("only `Proxy::wasm` counts instructions"));
        Cost { instructions: meter.instructions.get(), hostcalls: meter.hostcalls.get() }
    }

    /// Returns the model, unless this is Envoy.
    pub fn as_model(&self) -> Option<&proxy_model::Proxy> {
        match &self.backend {
            Backend::Model(proxy) => Some(proxy),
            Backend::Envoy(_) => None,
        }
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
    #[track_caller]
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
            panic!("the log has a critical line: {line}");
        }
    }
}
