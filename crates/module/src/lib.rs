//! Turns a linked module into one that ships: with the callbacks that its filter registers, and nothing of the linker's.

pub mod exports;
pub mod object;
pub mod reach;

use anyhow::Result;
use walrus::{Module, ModuleConfig};

/// Prepares a linked module for shipping.
///
/// # Errors
/// The bytes are not a module, or the module registers no filter.
pub fn shipped(linked: &[u8]) -> Result<Vec<u8>> {
    let mut module = config().parse(linked)?;
    exports::keep_registered(&mut module)?;
    finish(&mut module);
    Ok(module.emit_wasm())
}

/// Returns the settings to parse a linked module: without its debug information and names.
pub fn config() -> ModuleConfig {
    let mut config = ModuleConfig::new();
    config.generate_name_section(std::env::var_os("NAMES").is_some()).generate_producers_section(false);
    config
}

/// Removes what nothing uses, and the sections of the linker.
pub fn finish(module: &mut Module) {
    walrus::passes::gc::run(module);
    let of_linker =
        |name: &str| name == "linking" || name.starts_with("reloc.") || name.starts_with(".debug");
    let unwanted: Vec<_> = module.customs.iter().filter(|(_, custom)| of_linker(custom.name())).collect();
    let unwanted: Vec<_> = unwanted.into_iter().map(|(id, _)| id).collect();
    for id in unwanted {
        module.customs.delete(id);
    }
}
