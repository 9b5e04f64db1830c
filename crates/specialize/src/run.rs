//! Runs the configuration step.

use anyhow::{Context, Result, bail, ensure};
use proxy_filter::entry::REFUSED;
use proxy_filter_module::object::Object;
use wasmtime::{Instance, Module, Ref, Store, Table};

use crate::error::plain;
use crate::exports::{SCRUB, SPECIALIZE};
use crate::host::{Host, linker};
use crate::shift::{STACK_POINTER, TABLE};

/// What a run leaves.
pub(crate) struct Outcome {
    pub(crate) memory: Vec<u8>,
    /// The phases that the configuration needs, as [`Phase::is_in`](proxy_filter::specialize::Phase::is_in) reads them.
    pub(crate) needed: u32,
}

/// Compiles a configuration in a module whose function pointers are shifted by this much.
///
/// # Errors
/// The filter refuses the configuration, traps or calls the host.
pub(crate) fn run(module: &Module, object: &Object, configuration: &[u8], shift: u32) -> Result<Outcome> {
    let host = Host { configuration: configuration.to_vec(), log: Vec::new(), is_full: false };
    let mut store = Store::new(module.engine(), host);
    store.limiter(|host| host);
    let instance = linker(module)?.instantiate(&mut store, module).map_err(plain)?;
    shift_table(&mut store, &instance, object, shift)?;
    let stack_pointer = |store: &mut Store<Host>| {
        instance.get_global(&mut *store, STACK_POINTER).and_then(|global| global.get(store).i32())
    };
    let at_first = stack_pointer(&mut store);
    let size = u32::try_from(configuration.len()).context("the configuration is too long")?;
    let specialize = instance.get_typed_func::<u32, u32>(&mut store, SPECIALIZE).map_err(plain)?;
    let needed = match specialize.call(&mut store, size) {
        Ok(REFUSED) => bail!("{}", store.data().log.join("\n")),
        Ok(needed) => needed,
        Err(error) => {
            let cause = error.root_cause().to_string();
            bail!("{}", [store.data().log.as_slice(), &[cause]].concat().join("\n"));
        }
    };
    store.data_mut().is_full = true;
    let scrub = instance.get_typed_func::<(), ()>(&mut store, SCRUB).map_err(plain)?;
    scrub.call(&mut store, ()).map_err(plain)?;
    ensure!(stack_pointer(&mut store) == at_first, "the stack pointer was not restored");
    let memory = instance.get_memory(&mut store, "memory").context("the module exports no memory")?;
    Ok(Outcome { memory: memory.data(&store).to_vec(), needed })
}

/// Copies the entries of the table to where the module expects them.
fn shift_table(store: &mut Store<Host>, instance: &Instance, object: &Object, shift: u32) -> Result<()> {
    if shift == 0 {
        return Ok(());
    }
    let table: Table = instance.get_table(&mut *store, TABLE).context("the module exports no table")?;
    let size = table.size(&*store);
    table.grow(&mut *store, u64::from(shift), Ref::Func(None)).map_err(plain)?;
    let entries = object.table.keys().map(|entry| u64::from(*entry));
    for entry in entries.filter(|entry| *entry < size) {
        let function = table.get(&mut *store, entry).context("the table has a gap")?;
        table.set(&mut *store, entry.saturating_add(shift.into()), function).map_err(plain)?;
        // A pointer that is not shifted traps.
        table.set(&mut *store, entry, Ref::Func(None)).map_err(plain)?;
    }
    Ok(())
}
