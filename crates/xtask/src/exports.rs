//! Removes the callbacks that a filter did not register.
//!
//! proxy-wasm exports every callback there is, and Envoy calls each that is exported for every
//! stream, at 1.4k to 1.9k instructions apiece. The registration macros leave the names of those
//! that are wanted in a custom section.

use anyhow::{Context, Result};
use walrus::Module;

/// Where the registration macros of `proxy-filter` write.
const SECTION: &str = "proxy-filter.exports";

/// What every filter needs: life cycle, configuration, log level.
const ALWAYS: [&str; 4] =
    ["proxy_on_context_create", "proxy_on_delete", "proxy_on_configure", "proxy_on_tick"];

pub fn keep_registered(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut module = Module::from_buffer(wasm)?;
    let section = module.customs.remove_raw(SECTION).with_context(|| {
        format!("no custom section `{SECTION}`: does the filter call http_filter! or tcp_filter!?")
    })?;
    let registered = String::from_utf8(section.data)?;
    let (replaced, kept): (Vec<_>, Vec<_>) =
        registered.lines().map(|line| line.split_once(' ').ok_or(line)).partition(Result::is_ok);
    let wanted = |name: &str| ALWAYS.contains(&name) || kept.contains(&Err(name));
    let is_own = |name: &str| {
        name.starts_with("proxy_filter_on_") && !replaced.iter().flatten().any(|(own, _)| *own == name)
    };
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
    for (own, name) in replaced.into_iter().flatten() {
        let export = module.exports.iter_mut().find(|export| export.name == own);
        export.with_context(|| format!("the module does not export {own}"))?.name = name.into();
    }
    walrus::passes::gc::run(&mut module);
    module.producers.clear();
    Ok(module.emit_wasm())
}
