//! The module's imports: each reads its arguments from the module's memory, calls the host, and writes the result back.

use proxy_filter::HostError;
use proxy_filter::sys::{BufferType, Host, LogLevel, MapType, MetricType, Number, SharedValue, StreamType};
use wasmtime::{Caller, Engine, Extern, Linker, Memory, Result, TypedFunc};

use crate::store::Data;

/// Defines every import of the layer's table, and the few of WASI that Rust's standard library makes.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<Data>> {
    let mut linker = Linker::new(engine);
    define_hostcalls(&mut linker)?;
    define_wasi(&mut linker)?;
    Ok(linker)
}

macro_rules! hostcalls {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        fn define_hostcalls(linker: &mut Linker<Data>) -> Result<()> {
            $($(hostcall!(linker $module $import $name [$($arg: $type,)*] -> $result, () () ());)+)+
            Ok(())
        }
    };
}

/// Defines one import. Each step moves one argument into three lists: the import's parameters, the statements that read
/// them, and the host's arguments. The `pointer`, `size` and `raw` of different steps do not clash, because macros are
/// hygienic.
macro_rules! hostcall {
    ($linker:ident $module:literal $import:ident $name:ident [$arg:ident: bytes, $($rest:tt)*] -> $result:ident,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        hostcall!($linker $module $import $name [$($rest)*] -> $result,
            ($($parameter)* pointer: u32, size: u32,)
            ($(($read $($how)*))* ($arg bytes pointer size))
            ($($pass)* &$arg,))
    };
    ($linker:ident $module:literal $import:ident $name:ident [$arg:ident: $type:ident, $($rest:tt)*] -> $result:ident,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        hostcall!($linker $module $import $name [$($rest)*] -> $result,
            ($($parameter)* raw: <$type as Number>::Raw,)
            ($(($read $($how)*))* ($arg $type raw))
            ($($pass)* $arg,))
    };
    ($linker:ident $module:literal $import:ident $name:ident [] -> nothing,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import!($linker, $module, $import(call, $($parameter)*) {
            $(let $read = argument!(call $($how)*);)*
            call.host()?.$name($($pass)*)
        })
    };
    ($linker:ident $module:literal $import:ident $name:ident [] -> bytes,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import!($linker, $module, $import(call, $($parameter)* pointer_to: u32, size_to: u32,) {
            $(let $read = argument!(call $($how)*);)*
            let bytes = call.host()?.$name($($pass)*)?;
            call.give(&bytes, pointer_to, size_to)
        })
    };
    ($linker:ident $module:literal $import:ident $name:ident [] -> shared_value,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import!($linker, $module, $import(call, $($parameter)* pointer_to: u32, size_to: u32, cas_to: u32,) {
            $(let $read = argument!(call $($how)*);)*
            let SharedValue { value, cas } = call.host()?.$name($($pass)*)?;
            call.give(&value.unwrap_or_default(), pointer_to, size_to)?;
            call.write(cas_to, &cas.to_le_bytes())
        })
    };
    ($linker:ident $module:literal $import:ident $name:ident [] -> $result:ident,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import!($linker, $module, $import(call, $($parameter)* result_to: u32,) {
            $(let $read = argument!(call $($how)*);)*
            let result: $result = call.host()?.$name($($pass)*)?;
            call.write(result_to, &result.to_raw().to_le_bytes())
        })
    };
}

/// Reads an argument. A number without a meaning results in `BadArgument`.
macro_rules! argument {
    ($call:ident bytes $pointer:ident $size:ident) => {
        $call.read($pointer, $size)?
    };
    ($call:ident $type:ident $raw:ident) => {
        <$type>::from_raw($raw).ok_or(HostError::BadArgument)?
    };
}

/// Defines an import whose body may use `?` on a [`HostError`], and counts its calls.
macro_rules! import {
    ($linker:ident, $module:literal, $import:ident($call:ident, $($parameter:tt)*) $body:block) => {
        $linker.func_wrap($module, stringify!($import), |caller: Caller<'_, Data>, $($parameter)*| {
            let hostcalls = &caller.data().meter.hostcalls;
            hostcalls.set(hostcalls.get().saturating_add(1));
            let run = |$call: &mut Hostcall<'_>| -> std::result::Result<(), HostError> { $body };
            status(run(&mut Hostcall(caller)))
        })?
    };
}

proxy_filter::__hostcalls!(hostcalls);

fn define_wasi(linker: &mut Linker<Data>) -> Result<()> {
    import!(linker, "wasi_snapshot_preview1", environ_sizes_get(call, count: u32, size: u32) {
        call.write(count, &[0; 4])?;
        call.write(size, &[0; 4])
    });
    import!(linker, "wasi_snapshot_preview1", environ_get(call, _list: u32, _texts: u32) {
        call.memory().map(|_| ())
    });
    import!(linker, "wasi_snapshot_preview1", random_get(call, to: u32, size: u32) {
        // The bytes are arbitrary, but must be the same in every run.
        let bytes: Vec<u8> = (0..size).map(|index| index.to_le_bytes()[0].wrapping_mul(167)).collect();
        call.write(to, &bytes)
    });
    Ok(())
}

/// A hostcall, with access to the module that makes it.
struct Hostcall<'a>(Caller<'a, Data>);

impl Hostcall<'_> {
    fn memory(&mut self) -> std::result::Result<Memory, HostError> {
        self.0.get_export("memory").and_then(Extern::into_memory).ok_or(HostError::InvalidMemoryAccess)
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

    /// Returns bytes as hosts do: in memory that the module allocates, or as a null pointer if there are no bytes.
    fn give(&mut self, bytes: &[u8], pointer_to: u32, size_to: u32) -> std::result::Result<(), HostError> {
        let size = u32::try_from(bytes.len()).map_err(|_| HostError::InternalFailure)?;
        let pointer = if size == 0 { 0 } else { self.allocate(size)? };
        self.write(pointer, bytes)?;
        self.write(pointer_to, &pointer.to_le_bytes())?;
        self.write(size_to, &size.to_le_bytes())
    }

    fn allocate(&mut self, size: u32) -> std::result::Result<u32, HostError> {
        let export = self.0.get_export("proxy_on_memory_allocate").and_then(Extern::into_func);
        let allocate: TypedFunc<u32, u32> =
            export.and_then(|function| function.typed(&self.0).ok()).ok_or(HostError::InvalidMemoryAccess)?;
        allocate.call(&mut self.0, size).map_err(|_| HostError::InvalidMemoryAccess)
    }

    fn host(&self) -> std::result::Result<std::rc::Rc<dyn Host>, HostError> {
        self.0.data().host.clone().ok_or(HostError::InternalFailure)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn status(result: std::result::Result<(), HostError>) -> u32 {
    result.map_or_else(HostError::status, |()| 0)
}
