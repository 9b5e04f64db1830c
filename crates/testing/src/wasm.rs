//! A built module in wasmtime, as a [`Guest`] of the model.

use std::path::Path;
use std::rc::Rc;

use anyhow::Context as _;
use proxy_filter::sys::Host;
use proxy_model::{Callback, Guest, Trap};
use wasmtime::{Instance, Linker, Module, Store, Val};

use crate::store::{Data, Meter};
use crate::{compiled, imports};

/// The instructions that a callback may run, which take some ten seconds. One that loops then traps.
const FUEL: u64 = if cfg!(test) { 1_000_000 } else { 10_000_000_000 };

/// An instance of a built module.
pub struct WasmGuest {
    store: Store<Data>,
    instance: Instance,
}

/// A built module, compiled once for all its instances.
pub struct WasmModule {
    module: Module,
    linker: Linker<Data>,
    /// Counts the costs of all instances.
    pub(crate) meter: Rc<Meter>,
}

impl WasmModule {
    /// Compiles a module.
    ///
    /// # Errors
    /// The file does not exist, or is not a module.
    pub fn load(file: &Path) -> anyhow::Result<Self> {
        let module =
            compiled::load(file).map_err(|error| anyhow::anyhow!("{}: {error:#}", file.display()))?;
        Self::of(module).map_err(|error| anyhow::anyhow!("{error:#}"))
    }

    /// Takes a compiled module.
    ///
    /// # Errors
    /// The imports cannot be defined.
    pub(crate) fn of(module: Module) -> wasmtime::Result<Self> {
        let linker = imports::linker(module.engine())?;
        Ok(Self { module, linker, meter: Rc::default() })
    }

    /// Creates an initialized VM with the module in it.
    ///
    /// # Errors
    /// The module traps during initialization.
    pub fn instantiate(&self) -> anyhow::Result<WasmGuest> {
        let mut store = Store::new(self.module.engine(), Data { host: None, meter: Rc::clone(&self.meter) });
        store.set_fuel(FUEL).map_err(|error| anyhow::anyhow!("{error:#}"))?;
        let mut linker = self.linker.clone();
        let result = linker
            .define_unknown_imports_as_traps(&self.module)
            .and_then(|()| linker.instantiate(&mut store, &self.module))
            .and_then(|instance| {
                // A module that needs no initialization may lack this export.
                if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
                    initialize.call(&mut store, &[], &mut [])?;
                }
                Ok(instance)
            });
        let instance = result.map_err(|error| anyhow::anyhow!("{error:#}")).context("the module")?;
        Ok(WasmGuest { store, instance })
    }
}

impl Guest for WasmGuest {
    fn call(&mut self, host: Rc<dyn Host>, callback: Callback) -> Result<u32, Trap> {
        let (name, arguments) = callback.export();
        let arguments: Vec<_> = arguments.into_iter().map(|number| Val::I32(number.cast_signed())).collect();
        // A callback that the module does not export is skipped, as Envoy does.
        let Some(function) = self.instance.get_func(&mut self.store, name) else {
            return Ok(if matches!(callback, Callback::Configure { .. }) { 1 } else { 0 });
        };
        self.store.data_mut().host = Some(host);
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let fuel = |store: &Store<Data>| store.get_fuel().unwrap_or_default();
        self.store.set_fuel(FUEL).map_err(|error| Trap(format!("{error:#}")))?;
        let outcome = function.call(&mut self.store, &arguments, &mut results);
        let burnt = FUEL.saturating_sub(fuel(&self.store));
        let Data { host, meter } = self.store.data_mut();
        *host = None;
        meter.instructions.set(meter.instructions.get().saturating_add(burnt));
        outcome.map_err(|error| Trap(format!("{error:#}")))?;
        Ok(results.first().and_then(Val::i32).map_or(0, i32::cast_unsigned))
    }
}

#[cfg(test)]
mod tests {
    use proxy_filter_envoy::scratch::Scratch;

    use super::*;

    /// A module whose `proxy_on_tick` loops forever.
    const LOOPS: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\x01\x7f\0\x03\x02\x01\0\x05\x03\x01\0\x01\x07\x11\x01\x0dproxy_on_tick\0\0\
        \x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

    struct NoHost;
    impl Host for NoHost {}

    #[test]
    fn a_callback_that_loops_traps() -> anyhow::Result<()> {
        let scratch = Scratch::new("loops")?;
        let file = scratch.path().join("loops.wasm");
        std::fs::write(&file, LOOPS)?;
        let mut guest = WasmModule::load(&file)?.instantiate()?;
        for _ in 0..2 {
            let trap = guest.call(Rc::new(NoHost), Callback::Tick { context: 1 }).unwrap_err();
            assert!(trap.0.contains("all fuel consumed"), "{trap}");
        }
        Ok(())
    }
}
