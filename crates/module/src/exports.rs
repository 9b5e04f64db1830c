//! Removes the callbacks that a filter does not register.
//!
//! proxy-wasm exports every callback of the ABI, and Envoy calls each exported callback for every stream, at 1.4k to
//! 1.9k instructions apiece. The registration macros list the wanted callbacks in a custom section.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use walrus::Module;

/// The custom section that the registration macros of `proxy-filter` write.
const SECTION: &str = "proxy-filter.exports";

/// The callbacks that every filter needs: life cycle, configuration, log level.
const ALWAYS: [&str; 4] =
    ["proxy_on_context_create", "proxy_on_delete", "proxy_on_configure", "proxy_on_tick"];

/// Removes the exports of a linked module's unregistered callbacks, and those that only tools call. Exports the registered
/// ones under their names in the ABI.
///
/// # Errors
/// The module registers no filter.
pub(crate) fn keep_registered(module: &mut Module) -> Result<()> {
    let section = module.customs.remove_raw(SECTION).with_context(|| {
        format!("no custom section `{SECTION}`: call http_filter! or tcp_filter! in the filter")
    })?;
    let registered = String::from_utf8(section.data)?;
    // A line is the name of a callback, or the name of an own one and of the callback that it replaces. Phases share some.
    let replaced: BTreeSet<_> = registered.lines().filter_map(|line| line.split_once(' ')).collect();
    let wanted = |name: &str| ALWAYS.contains(&name) || registered.lines().any(|line| line == name);
    let is_own =
        |name: &str| name.starts_with("proxy_filter_") && !replaced.iter().any(|(own, _)| *own == name);
    let is_callback =
        |name: &str| name.starts_with("proxy_on_") && name != "proxy_on_memory_allocate" || is_own(name);
    let unwanted: Vec<_> = module
        .exports
        .iter()
        .filter(|export| is_callback(&export.name) && !wanted(&export.name))
        .map(walrus::Export::id)
        .collect();
    for id in unwanted {
        module.exports.delete(id);
    }
    for (own, name) in replaced {
        let export = module.exports.iter_mut().find(|export| export.name == own);
        export.with_context(|| format!("the module registers {own} but does not export it"))?.name =
            name.into();
    }
    Ok(())
}
