//! Starts the model or Envoy.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use anyhow::Result;
use proxy_model::Guest;

use super::{Backend, Proxy};
use crate::envoy::{Chain, EnvoyProxy};
use crate::modules;
use crate::plugin::WORKERS;
use crate::specialized::Maker;
use crate::stop::or_fail;
use crate::store::Meter;
use crate::wasm::WasmModule;

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

    fn new(backend: Backend, meter: Option<Rc<Meter>>) -> Self {
        Self { backend, meter, trap_expected: Cell::new(false), specialized: None }
    }
}
