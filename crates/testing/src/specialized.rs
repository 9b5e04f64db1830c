//! Modules that are made for one configuration.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use proxy_filter_specialize::Specializer;
use wasmtime::{Config, Engine, Module, OptLevel};

use crate::wasm::WasmModule;
use crate::{compiled, modules};

/// If this variable is set, tests in wasmtime load modules that are made for their configurations.
pub(crate) const VARIABLE: &str = "TEST_SPECIALIZED";

/// Makes modules of one filter, and compiles them.
pub(crate) struct Maker {
    specializer: Arc<Specializer>,
    engine: Engine,
}

/// Makes a module of a built filter for a configuration.
///
/// # Errors
/// The filter is not built, cannot be specialized, or refuses the configuration.
pub fn specialized(filter: &str, configuration: &str) -> Result<Vec<u8>> {
    specializer(filter)?.specialize(configuration.as_bytes())
}

/// Returns the filter's specializer. Compiling it takes seconds, so that is done once.
fn specializer(filter: &str) -> Result<Arc<Specializer>> {
    static SPECIALIZERS: Mutex<BTreeMap<String, Arc<Specializer>>> = Mutex::new(BTreeMap::new());
    let mut specializers = SPECIALIZERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(specializer) = specializers.get(filter) {
        return Ok(Arc::clone(specializer));
    }
    let file = modules::linked(filter)?;
    let linked = fs::read(&file).with_context(|| file.display().to_string())?;
    let compile = |engine: &Engine, form: &str, wasm: &[u8]| {
        compiled::cached(engine, &format!("{filter}-{form}"), wasm)
    };
    let specializer = Arc::new(Specializer::with_compiler(linked, compile)?);
    specializers.insert(filter.to_owned(), Arc::clone(&specializer));
    Ok(specializer)
}

impl Maker {
    /// # Errors
    /// The filter is not built, or cannot be specialized.
    pub(crate) fn of(filter: &str) -> Result<Self> {
        // Each module runs only a few requests.
        let config = Config::new().consume_fuel(true).cranelift_opt_level(OptLevel::None).clone();
        let engine = Engine::new(&config).map_err(|error| anyhow!("{error:#}"))?;
        Ok(Self { specializer: specializer(filter)?, engine })
    }

    /// Makes a module for a configuration.
    ///
    /// # Errors
    /// The filter refuses the configuration: the line that it logs.
    pub(crate) fn make(&self, configuration: &str) -> Result<WasmModule, String> {
        let wasm =
            self.specializer.specialize(configuration.as_bytes()).map_err(|error| error.to_string())?;
        let module = Module::new(&self.engine, wasm).and_then(WasmModule::of);
        module.map_err(|error| format!("{error:#}"))
    }
}
