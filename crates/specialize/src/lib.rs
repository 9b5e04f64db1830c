//! Makes a module for one configuration.
//!
//! The filter's configuration step runs when the module is built, and the memory with the compiled configuration becomes part
//! of the module. A proxy that loads it parses nothing. The module lacks the code that only parses, and the phases that this
//! configuration does not need.
//!
//! 1. `run` runs the linked module's `proxy_filter_specialize` in wasmtime, with a host that has only the
//!    configuration and a log. It runs twice, with different numbers for the entries of the table, which tells function
//!    pointers in memory from integers.
//! 2. `roots` finds what the memory refers to.
//! 3. `rewrite` writes a module with this memory. From these roots and from the exports,
//!    [`proxy_filter_module`] follows the linker's relocations, and drops what they do not reach without the configuration
//!    step.
//!
//! `_initialize` does not run here: the random numbers that it draws would be the same in every process that loads the
//! module. The proxy runs it, as for any module.

mod error;
mod exports;
mod host;
mod rewrite;
mod roots;
mod run;
mod shift;

use anyhow::{Context, Result};
use proxy_filter_module::image::Image;
use proxy_filter_module::object::Object;
use wasmtime::{Config, Engine, Module, OptLevel};

use error::plain;
use exports::SPECIALIZE;

/// A filter's linked module, ready to run its configuration step.
pub struct Specializer {
    linked: Vec<u8>,
    object: Object,
    /// The module as it is, and with shifted table entries.
    modules: [Module; 2],
}

impl Specializer {
    /// Reads a module as the linker wrote it, with relocations and symbols.
    ///
    /// # Errors
    /// The bytes are no such module, or its filter does not register `Specialize`.
    pub fn new(linked: Vec<u8>) -> Result<Self> {
        Self::with_compiler(linked, |engine, _, wasm| Module::new(engine, wasm))
    }

    /// Like [`new`](Self::new), with a compiler that may keep modules. It gets a name for each.
    ///
    /// # Errors
    /// As those of [`new`](Self::new), and those of the compiler.
    pub fn with_compiler(
        linked: Vec<u8>,
        compile: impl Fn(&Engine, &str, &[u8]) -> wasmtime::Result<Module>,
    ) -> Result<Self> {
        let object = Object::parse(&linked)?;
        object.exports.get(SPECIALIZE).context(
            "the filter cannot be specialized: implement `Specialize`, and add `; Specialize` to its registration",
        )?;
        let engine = Engine::new(Config::new().cranelift_opt_level(OptLevel::None)).map_err(plain)?;
        let compile =
            |name, shift| compile(&engine, name, &shift::shifted(&linked, &object, shift)?).map_err(plain);
        let modules = [compile("plain", 0)?, compile("shifted", shift::SHIFT)?];
        Ok(Self { linked, object, modules })
    }

    /// Makes a module for a configuration.
    ///
    /// # Errors
    /// The filter refuses the configuration, or calls the host when it compiles it.
    pub fn specialize(&self, configuration: &[u8]) -> Result<Vec<u8>> {
        let [plain, shifted] = &self.modules;
        let run::Outcome { memory, needed } = run::run(plain, &self.object, configuration, 0)?;
        let shifted = run::run(shifted, &self.object, configuration, shift::SHIFT)?.memory;
        let image = Image::after_run(memory, &self.object);
        let roots = roots::of_memory(&self.object, &image, &shifted)?;
        rewrite::rewrite(&self.linked, image, roots, needed)
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
