//! The host of the configuration step: a log and a configuration.

use anyhow::Result;
use proxy_filter::sys::{BufferType, HostError, LogLevel, Number};
use wasmtime::{Caller, Extern, Linker, Module, ResourceLimiter};

use crate::error::plain;

/// What the host knows.
pub(crate) struct Host {
    pub(crate) configuration: Vec<u8>,
    /// The lines that the filter logged.
    pub(crate) log: Vec<String>,
    /// Whether the memory must not grow.
    pub(crate) is_full: bool,
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(!self.is_full)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// Returns the imports of a module. Those that a filter must not call while it compiles a configuration trap.
pub(crate) fn linker(module: &Module) -> Result<Linker<Host>> {
    let mut linker = Linker::new(module.engine());
    for import in module.imports() {
        let message = format!("`Specialize::plan` must not call the host, but it called `{}`", import.name());
        let refuse =
            move |_: Caller<'_, Host>, _: &[_], _: &mut [_]| Err(wasmtime::Error::msg(message.clone()));
        if let Some(kind) = import.ty().func() {
            linker.func_new(import.module(), import.name(), kind.clone(), refuse).map_err(plain)?;
        }
    }
    linker.allow_shadowing(true);
    define(&mut linker).map_err(plain)?;
    Ok(linker)
}

fn define(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.func_wrap("env", "proxy_get_log_level", |mut caller: Caller<'_, Host>, to: u32| {
        status(write(&mut caller, to, &LogLevel::Info.to_raw().to_le_bytes()))
    })?;
    linker.func_wrap("env", "proxy_log", |mut caller: Caller<'_, Host>, _: u32, text: u32, size: u32| {
        status(read(&mut caller, text, size).map(|line| caller.data_mut().add_line(&line)))
    })?;
    linker.func_wrap("env", "proxy_get_buffer_bytes", get_buffer)?;
    let wasi = "wasi_snapshot_preview1";
    // A panic reads RUST_BACKTRACE and writes its message.
    linker.func_wrap(wasi, "environ_sizes_get", |mut caller: Caller<'_, Host>, count: u32, size: u32| {
        status(write(&mut caller, count, &[0; 4]).and_then(|()| write(&mut caller, size, &[0; 4])))
    })?;
    linker.func_wrap(wasi, "fd_write", fd_write)?;
    Ok(())
}

fn get_buffer(
    mut caller: Caller<'_, Host>,
    buffer: u32,
    start: u32,
    size: u32,
    data_to: u32,
    size_to: u32,
) -> wasmtime::Result<u32> {
    if buffer != BufferType::PluginConfiguration.to_raw() {
        return Err(wasmtime::Error::msg("`Specialize::plan` must not read buffers of the host"));
    }
    let configuration = &caller.data().configuration;
    let bytes: Vec<_> = configuration.iter().skip(index(start)).take(index(size)).copied().collect();
    let allocate = caller.get_export("proxy_on_memory_allocate").and_then(Extern::into_func);
    let Some(allocate) = allocate else { return Ok(HostError::InternalFailure.status()) };
    let size = u32::try_from(bytes.len())?;
    let data = allocate.typed::<u32, u32>(&caller)?.call(&mut caller, size)?;
    let mut give = || {
        write(&mut caller, data, &bytes)?;
        write(&mut caller, data_to, &data.to_le_bytes())?;
        write(&mut caller, size_to, &size.to_le_bytes())
    };
    Ok(status(give()))
}

/// WASI's `fd_write`, to the log.
fn fd_write(mut caller: Caller<'_, Host>, _: u32, vectors: u32, count: u32, written_to: u32) -> u32 {
    let mut write_all = || {
        let mut written = 0_u32;
        for vector in read(&mut caller, vectors, count.saturating_mul(8))?.chunks_exact(8) {
            let word = |at: usize| {
                let bytes = vector.get(at..).and_then(<[u8]>::first_chunk::<4>);
                bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
            };
            let text = read(&mut caller, word(0), word(4))?;
            caller.data_mut().add_line(&text);
            written = written.saturating_add(word(4));
        }
        write(&mut caller, written_to, &written.to_le_bytes())
    };
    status(write_all())
}

impl Host {
    fn add_line(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        self.log.extend((!text.trim().is_empty()).then(|| text.trim().to_owned()));
    }
}

fn read(caller: &mut Caller<'_, Host>, pointer: u32, size: u32) -> Result<Vec<u8>, HostError> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or(HostError::InvalidMemoryAccess)?;
    let start = index(pointer);
    let bytes = memory.data(&*caller).get(start..start.saturating_add(index(size)));
    bytes.map(<[u8]>::to_vec).ok_or(HostError::InvalidMemoryAccess)
}

fn write(caller: &mut Caller<'_, Host>, pointer: u32, bytes: &[u8]) -> Result<(), HostError> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or(HostError::InvalidMemoryAccess)?;
    memory.write(caller, index(pointer), bytes).map_err(|_| HostError::InvalidMemoryAccess)
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn status(result: Result<(), HostError>) -> u32 {
    result.map_or_else(HostError::status, |()| 0)
}

#[cfg(test)]
mod tests {
    use walrus::{FunctionBuilder, ValType};
    use wasmtime::{Engine, Store};

    use super::*;

    /// Runs a function that calls an import without arguments.
    fn calling(from: &str, name: &str) -> String {
        let mut module = walrus::Module::default();
        let kind = module.types.add(&[], &[ValType::I32]);
        let (import, _) = module.add_import_func(from, name, kind);
        let mut go = FunctionBuilder::new(&mut module.types, &[], &[ValType::I32]);
        go.func_body().call(import);
        let go = go.finish(Vec::new(), &mut module.funcs);
        module.exports.add("go", go);
        let module = Module::new(&Engine::default(), module.emit_wasm()).unwrap();
        let host = Host { configuration: Vec::new(), log: Vec::new(), is_full: false };
        let mut store = Store::new(module.engine(), host);
        let instance = linker(&module).unwrap().instantiate(&mut store, &module).unwrap();
        let go = instance.get_typed_func::<(), u32>(&mut store, "go").unwrap();
        go.call(&mut store, ()).unwrap_err().root_cause().to_string()
    }

    #[test]
    fn a_call_of_the_host_is_refused_with_its_name() {
        for (from, name) in [("wasi_snapshot_preview1", "random_get"), ("env", "proxy_define_metric")] {
            assert_eq!(
                calling(from, name),
                format!("`Specialize::plan` must not call the host, but it called `{name}`")
            );
        }
    }
}
