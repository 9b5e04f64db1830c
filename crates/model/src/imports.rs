//! The imports of a module: each reads its arguments from the module's memory, calls the host, and writes the result back.
//!
//! Whatever runs modules defines its imports from [`__imports!`](crate::__imports) and gives them a [`Hostcall`].

use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::sys::Host;

/// A hostcall, with access to the module that makes it.
pub trait Hostcall {
    /// Returns the host that serves the call.
    ///
    /// # Errors
    /// No callback runs: the module calls while it starts.
    fn host(&self) -> Result<Rc<dyn Host>, HostError>;

    /// Reads from the module's memory.
    ///
    /// # Errors
    /// The area ends outside the memory.
    fn read(&mut self, pointer: u32, size: u32) -> Result<Vec<u8>, HostError>;

    /// Writes to the module's memory.
    ///
    /// # Errors
    /// The area ends outside the memory.
    fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), HostError>;

    /// Allocates memory in the module.
    ///
    /// # Errors
    /// The module does not export `proxy_on_memory_allocate`, or it traps.
    fn allocate(&mut self, size: u32) -> Result<u32, HostError>;

    /// Returns bytes as hosts do: in memory that the module allocates, or as a null pointer if there are no bytes.
    ///
    /// # Errors
    /// The bytes cannot be written.
    fn give(&mut self, bytes: &[u8], pointer_to: u32, size_to: u32) -> Result<(), HostError> {
        let size = u32::try_from(bytes.len()).map_err(|_| HostError::InternalFailure)?;
        let pointer = if size == 0 { 0 } else { self.allocate(size)? };
        self.write(pointer, bytes)?;
        self.write(pointer_to, &pointer.to_le_bytes())?;
        self.write(size_to, &size.to_le_bytes())
    }
}

/// Returns the ABI's status for the result of a hostcall.
pub fn status(result: Result<(), HostError>) -> u32 {
    result.map_or_else(HostError::status, |()| 0)
}

/// Returns the bytes of WASI's `random_get`. They are arbitrary, but the same in every run.
pub fn random(size: u32) -> Vec<u8> {
    (0..size).map(|index| index.to_le_bytes()[0].wrapping_mul(167)).collect()
}

/// Expands `import!`, which the caller defines, once for every import of the layer's table and for the few of WASI that
/// Rust's standard library makes.
///
/// For example, the row of `proxy_remove_header_map_value` becomes
///
/// ```text
/// import! { "env", proxy_remove_header_map_value(call, raw: u32, pointer: u32, size: u32,) {
///     let map = <MapType>::from_raw(raw).ok_or(HostError::BadArgument)?;
///     let name = call.read(pointer, size)?;
///     call.host()?.remove_header(map, &name)
/// } }
/// ```
///
/// in which `call` is a mutable reference to a [`Hostcall`], and the block results in a `Result<(), HostError>`. The caller
/// imports `Hostcall`, and the types of the table from `proxy_filter::sys`.
#[doc(hidden)]
#[macro_export]
macro_rules! __imports {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        $($($crate::__hostcall! { $module $import $name [$($arg: $type,)*] -> $result, () () () })+)+

        import! { "wasi_snapshot_preview1", environ_sizes_get(call, count: u32, size: u32,) {
            call.write(count, &[0; 4])?;
            call.write(size, &[0; 4])
        } }
        import! { "wasi_snapshot_preview1", environ_get(call, list: u32, _texts: u32,) {
            call.write(list, &[])
        } }
        import! { "wasi_snapshot_preview1", random_get(call, to: u32, size: u32,) {
            call.write(to, &$crate::imports::random(size))
        } }
    };
}

/// Expands `import!` for one row. Each step moves one argument into three lists: the import's parameters, the statements
/// that read them, and the host's arguments. The `pointer`, `size` and `raw` of different steps do not clash, because
/// macros are hygienic.
#[doc(hidden)]
#[macro_export]
macro_rules! __hostcall {
    ($module:literal $import:ident $name:ident [$arg:ident: bytes, $($rest:tt)*] -> $result:ident,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        $crate::__hostcall! { $module $import $name [$($rest)*] -> $result,
            ($($parameter)* pointer: u32, size: u32,)
            ($(($read $($how)*))* ($arg bytes pointer size))
            ($($pass)* &$arg,) }
    };
    ($module:literal $import:ident $name:ident [$arg:ident: $type:ident, $($rest:tt)*] -> $result:ident,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        $crate::__hostcall! { $module $import $name [$($rest)*] -> $result,
            ($($parameter)* raw: <$type as Number>::Raw,)
            ($(($read $($how)*))* ($arg $type raw))
            ($($pass)* $arg,) }
    };
    ($module:literal $import:ident $name:ident [] -> nothing,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import! { $module, $import(call, $($parameter)*) {
            $(let $read = $crate::__argument!(call $($how)*);)*
            call.host()?.$name($($pass)*)
        } }
    };
    ($module:literal $import:ident $name:ident [] -> bytes,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import! { $module, $import(call, $($parameter)* pointer_to: u32, size_to: u32,) {
            $(let $read = $crate::__argument!(call $($how)*);)*
            let bytes = call.host()?.$name($($pass)*)?;
            call.give(&bytes, pointer_to, size_to)
        } }
    };
    ($module:literal $import:ident $name:ident [] -> shared_value,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import! { $module, $import(call, $($parameter)* pointer_to: u32, size_to: u32, cas_to: u32,) {
            $(let $read = $crate::__argument!(call $($how)*);)*
            let SharedValue { value, cas } = call.host()?.$name($($pass)*)?;
            call.give(&value.unwrap_or_default(), pointer_to, size_to)?;
            call.write(cas_to, &cas.to_le_bytes())
        } }
    };
    ($module:literal $import:ident $name:ident [] -> $result:ident,
     ($($parameter:tt)*) ($(($read:ident $($how:tt)*))*) ($($pass:tt)*)) => {
        import! { $module, $import(call, $($parameter)* result_to: u32,) {
            $(let $read = $crate::__argument!(call $($how)*);)*
            let result: $result = call.host()?.$name($($pass)*)?;
            call.write(result_to, &result.to_raw().to_le_bytes())
        } }
    };
}

/// Reads an argument. A number without a meaning results in `BadArgument`.
#[doc(hidden)]
#[macro_export]
macro_rules! __argument {
    ($call:ident bytes $pointer:ident $size:ident) => {
        $call.read($pointer, $size)?
    };
    ($call:ident $type:ident $raw:ident) => {
        <$type>::from_raw($raw).ok_or(HostError::BadArgument)?
    };
}
