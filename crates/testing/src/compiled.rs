//! Modules compiled for wasmtime. Compiling takes seconds, so each module is compiled once: test binaries and later
//! runs load it from `wasmtime` in cargo's target directory.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use proxy_filter_envoy::target;
use wasmtime::{Config, Engine, Module};

/// The number of digest digits in a file's name.
const DIGITS: usize = 16;

/// Loads a module, and compiles it if no earlier run did.
pub(crate) fn load(wasm: &Path) -> wasmtime::Result<Module> {
    static MODULES: Mutex<BTreeMap<PathBuf, Module>> = Mutex::new(BTreeMap::new());
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = modules.get(wasm) {
        return Ok(module.clone());
    }
    let engine = Engine::new(Config::new().consume_fuel(true))?;
    let module = cached(&engine, &wasm.file_stem().unwrap_or_default().to_string_lossy(), &fs::read(wasm)?)?;
    modules.insert(wasm.to_owned(), module.clone());
    Ok(module)
}

/// Compiles a module with this name, unless an earlier run did.
pub(crate) fn cached(engine: &Engine, name: &str, bytes: &[u8]) -> wasmtime::Result<Module> {
    let Some(file) = cached_file(name, digest(engine, bytes)) else { return Module::new(engine, bytes) };
    if file.exists() {
        // SAFETY: `store` wrote the file. Its name has the digest of the module and of the engine's settings.
        return unsafe { Module::deserialize_file(engine, &file) };
    }
    let module = Module::new(engine, bytes)?;
    store(&module, &file)?;
    Ok(module)
}

fn digest(engine: &Engine, bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Returns the file of a compiled module. `None` if this program is not in a target directory.
fn cached_file(name: &str, digest: u64) -> Option<PathBuf> {
    Some(target::directory()?.join("wasmtime").join(format!("{name}-{digest:0DIGITS$x}")))
}

/// Writes a compiled module and removes its earlier versions. The write is atomic, because other processes may do the
/// same at the same time.
fn store(module: &Module, file: &Path) -> wasmtime::Result<()> {
    let directory = file.parent().unwrap_or(file);
    fs::create_dir_all(directory)?;
    for entry in fs::read_dir(directory)?.flatten() {
        if stem(&entry.path()) == stem(file) {
            _ = fs::remove_file(entry.path());
        }
    }
    let unfinished = directory.join(format!("{}.unfinished", std::process::id()));
    fs::write(&unfinished, module.serialize()?)?;
    fs::rename(&unfinished, file)?;
    Ok(())
}

/// Returns a file's name without the digest.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.get(..name.len().saturating_sub(DIGITS)).unwrap_or_default().to_owned()
}
