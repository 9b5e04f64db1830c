//! The page that lists what each module may do.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use proxy_filter_module::Capabilities;

use super::purposes;

/// The capabilities of modules, by the names of their filters.
pub(super) type Modules = BTreeMap<String, Capabilities>;

const INTRODUCTION: &str = "\
# What the modules may do

<!-- `just capabilities` writes this page from the built modules and crates/cli/src/capabilities. -->

A module can do nothing but compute, and call the functions that it imports from its host. The built modules import these
functions and no others, and export these callbacks. Modules that `just specialize` makes have some of them.

The files for Envoy and for Istio's `EnvoyFilter` allow each module exactly what is listed here, in `allowed_capabilities`: a
module that someone replaced cannot call anything else. If you write your own file, or have your own filter,
`cargo proxy-filter capabilities FILE.wasm` prints the field.
";

const EFFECTS: &str = "
## When a capability is not allowed

| not allowed | what happens |
|---|---|
| a callback | Envoy never calls it, **and says nothing**: without `proxy_on_request_headers`, requests pass unlimited and unchanged |
| a function that a request needs | the call fails, Envoy logs `Attempted call to restricted proxy-wasm capability` with its name, and the filter does what it does when its host fails |
| a function that the configuration needs | Envoy refuses the configuration, and logs the same |

Therefore write the field again with each new version of a module; `cargo proxy-filter check` finds what is missing. Envoy
1.36 to 1.39 do not notice that only this field of a plugin has changed: give the plugin another `vm_id`, or restart Envoy.
Envoy 1.40 notices. It warns that the field is deprecated in this place, because it also reads it in `vm_config`, which older
versions refuse.

`WasmPlugin`, `TrafficExtension` and `EnvoyExtensionPolicy` have no such field: there, Envoy allows a module everything that its ABI
has.
";

/// Returns the page's text.
///
/// # Errors
/// The purpose of an import is not known.
pub(super) fn of(modules: &Modules) -> Result<String> {
    let imports = |heading: &str, names: fn(&Capabilities) -> &BTreeSet<String>| -> Result<String> {
        let mut table = format!("\n## {heading}\n\n| function | what for | modules |\n|---|---|---|\n");
        for name in all(modules, names) {
            let purpose = purposes::of(name).with_context(|| {
                format!(
                    "no purpose for the import `{name}`: add it to crates/cli/src/capabilities/purposes.rs"
                )
            })?;
            table.push_str(&format!("| `{name}` | {purpose} | {} |\n", with(modules, names, name)));
        }
        Ok(table)
    };
    let callbacks: fn(&Capabilities) -> &BTreeSet<String> = |module| &module.callbacks;
    let mut exports = String::from("\n## Callbacks\n\n| callback | modules |\n|---|---|\n");
    for name in all(modules, callbacks) {
        exports.push_str(&format!("| `{name}` | {} |\n", with(modules, callbacks, name)));
    }
    let hostcalls = imports("Hostcalls", |module| &module.hostcalls)?;
    let wasi = imports("WASI", |module| &module.wasi)?;
    Ok(format!("{INTRODUCTION}{hostcalls}{wasi}{exports}{EFFECTS}"))
}

/// Returns the names that any module has.
fn all(modules: &Modules, names: fn(&Capabilities) -> &BTreeSet<String>) -> BTreeSet<&String> {
    modules.values().flat_map(names).collect()
}

/// Returns the modules that have a name.
fn with(modules: &Modules, names: fn(&Capabilities) -> &BTreeSet<String>, name: &str) -> String {
    let having = modules.iter().filter(|(_, module)| names(module).contains(name));
    let having: Vec<_> = having.map(|(module, _)| module.as_str()).collect();
    if having.len() == modules.len() { "all".into() } else { having.join(", ") }
}
