//! The module's imports in wasmtime.

use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::sys::{BufferType, Host, LogLevel, MapType, MetricType, Number, SharedValue, StreamType};
use proxy_model::__imports as imports;
use proxy_model::imports::{Hostcall, status};
use wasmtime::{Caller, Engine, Extern, Linker, Memory, Result, TypedFunc};

use crate::store::Data;

/// Defines every import of the layer's table, and the few of WASI that Rust's standard library makes.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<Data>> {
    let mut linker = Linker::new(engine);
    /// Defines an import that counts its calls.
    macro_rules! import {
        ($module:literal, $import:ident($call:ident, $($parameter:tt)*) $body:block) => {
            linker.func_wrap($module, stringify!($import), |caller: Caller<'_, Data>, $($parameter)*| {
                let hostcalls = &caller.data().meter.hostcalls;
                hostcalls.set(hostcalls.get().saturating_add(1));
                let run = |$call: &mut Call<'_>| -> std::result::Result<(), HostError> { $body };
                status(run(&mut Call(caller)))
            })?;
        };
    }
    proxy_filter::__hostcalls!(imports);
    Ok(linker)
}

/// A hostcall of an instance.
struct Call<'a>(Caller<'a, Data>);

impl Call<'_> {
    fn memory(&mut self) -> std::result::Result<Memory, HostError> {
        self.0.get_export("memory").and_then(Extern::into_memory).ok_or(HostError::InvalidMemoryAccess)
    }
}

impl Hostcall for Call<'_> {
    fn host(&self) -> std::result::Result<Rc<dyn Host>, HostError> {
        self.0.data().host.clone().ok_or(HostError::InternalFailure)
    }

    fn read(&mut self, pointer: u32, size: u32) -> std::result::Result<Vec<u8>, HostError> {
        let memory = self.memory()?;
        let (start, size) = (index(pointer), index(size));
        let bytes = memory.data(&self.0).get(start..start.saturating_add(size));
        bytes.map(<[u8]>::to_vec).ok_or(HostError::InvalidMemoryAccess)
    }

    fn write(&mut self, pointer: u32, bytes: &[u8]) -> std::result::Result<(), HostError> {
        let memory = self.memory()?;
        memory.write(&mut self.0, index(pointer), bytes).map_err(|_| HostError::InvalidMemoryAccess)
    }

    fn allocate(&mut self, size: u32) -> std::result::Result<u32, HostError> {
        let export = self.0.get_export("proxy_on_memory_allocate").and_then(Extern::into_func);
        let allocate: TypedFunc<u32, u32> =
            export.and_then(|function| function.typed(&self.0).ok()).ok_or(HostError::InvalidMemoryAccess)?;
        allocate.call(&mut self.0, size).map_err(|_| HostError::InvalidMemoryAccess)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
