//! What a host can allow a module or deny it.

use std::collections::BTreeSet;

use anyhow::Result;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// The module of the imports that the Proxy-Wasm ABI defines. All others are WASI's.
const PROXY_WASM: &str = "env";

/// How the names of the exports begin that hosts call as callbacks.
const CALLBACK: &str = "proxy_on_";

/// An export with such a name that hosts call to allocate memory, whatever they allow.
const ALLOCATION: &str = "proxy_on_memory_allocate";

/// The names that a host can allow a module: what it imports, and the callbacks that it exports.
///
/// Envoy's field `capability_restriction_config` takes them. An import that it does not list fails when it is called, and a
/// callback that it does not list is never called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The imported hostcalls of the Proxy-Wasm ABI.
    pub hostcalls: BTreeSet<String>,
    /// The imported functions of WASI.
    pub wasi: BTreeSet<String>,
    /// The exported callbacks.
    pub callbacks: BTreeSet<String>,
}

impl Capabilities {
    /// Reads a module.
    ///
    /// # Errors
    /// The bytes are not a module.
    pub fn of(wasm: &[u8]) -> Result<Self> {
        let mut capabilities = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        let names = match import.module {
                            PROXY_WASM => &mut capabilities.hostcalls,
                            _ => &mut capabilities.wasi,
                        };
                        if matches!(import.ty, TypeRef::Func(_)) {
                            names.insert(import.name.to_owned());
                        }
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let is_callback = export.name.starts_with(CALLBACK) && export.name != ALLOCATION;
                        if is_callback && export.kind == ExternalKind::Func {
                            capabilities.callbacks.insert(export.name.to_owned());
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(capabilities)
    }

    /// Returns all names: those of WASI, then those of the ABI in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let of_abi: BTreeSet<_> = self.hostcalls.union(&self.callbacks).collect();
        self.wasi.iter().chain(of_abi).map(String::as_str)
    }
}
