//! The imports, and a safe wrapper for each.
//!
//! Every pointer passed to the host points to a live slice or local, and comes with its length. The host copies the
//! data and keeps no pointer. To return bytes, the host first calls the module's `proxy_on_memory_allocate(size)`, and
//! then returns the pointer that it got.
#![allow(unsafe_code, reason = "hostcalls are foreign functions; this file wraps them")]

use std::ptr::null_mut;

use super::{BufferType, HostError, LogLevel, MapType, MetricType, Number, SharedValue, StreamType};

fn checked(status: u32) -> Result<(), HostError> {
    HostError::from_status(status).map_or(Ok(()), Err)
}

/// Makes a call that returns a number.
fn number<N: Number>(call: impl FnOnce(*mut N::Raw) -> u32) -> Result<N, HostError> {
    let mut raw = N::Raw::default();
    checked(call(&mut raw))?;
    N::from_raw(raw).ok_or(HostError::ParseFailure)
}

/// Makes a call that returns bytes. `None` is a null pointer: success without a value.
fn bytes(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Option<Vec<u8>>, HostError> {
    let (mut data, mut size) = (null_mut(), 0);
    checked(call(&mut data, &mut size))?;
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: `data` came from `proxy_on_memory_allocate(size)`, which leaks a boxed slice of exactly `size` bytes from
    // the global allocator. The host has filled it and keeps no pointer to it.
    Ok(Some(unsafe { Vec::from_raw_parts(data, size, size) }))
}

macro_rules! imports {
    ($(module $module:literal; $($(#[$doc:meta])+ $import:ident = $name:ident($($arg:ident: $type:ident),*) -> $result:ident;)+)+) => {
        $($(import! { $module $import $name [$($arg: $type,)*] -> $result, () () () })+)+
    };
}

/// Declares one import and its wrapper. Each step moves one argument into three lists: the wrapper's parameters, the
/// import's parameters, and the arguments that the wrapper passes. For example, the row of `proxy_remove_header_map_value`
/// becomes
///
/// ```text
/// extern "C" { fn proxy_remove_header_map_value(_: u32, _: *const u8, _: usize) -> u32; }
///
/// fn remove_header(map: MapType, name: &[u8]) -> Result<(), HostError> {
///     checked(unsafe { proxy_remove_header_map_value(map.to_raw(), name.as_ptr(), name.len()) })
/// }
/// ```
macro_rules! import {
    ($module:literal $import:ident $name:ident [$arg:ident: bytes, $($rest:tt)*] -> $result:ident,
     ($($parameter:tt)*) ($($raw:tt)*) ($($pass:tt)*)) => {
        import! { $module $import $name [$($rest)*] -> $result,
            ($($parameter)* $arg: &[u8],) ($($raw)* _: *const u8, _: usize,) ($($pass)* $arg.as_ptr(), $arg.len(),) }
    };
    ($module:literal $import:ident $name:ident [$arg:ident: $type:ident, $($rest:tt)*] -> $result:ident,
     ($($parameter:tt)*) ($($raw:tt)*) ($($pass:tt)*)) => {
        import! { $module $import $name [$($rest)*] -> $result,
            ($($parameter)* $arg: $type,) ($($raw)* _: <$type as Number>::Raw,) ($($pass)* $arg.to_raw(),) }
    };
    ($module:literal $import:ident $name:ident [] -> nothing, ($($parameter:tt)*) ($($raw:tt)*) ($($pass:tt)*)) => {
        import! { @declare $module $import ($($raw)*) }
        pub(crate) fn $name($($parameter)*) -> Result<(), HostError> {
            // SAFETY: see the module's documentation.
            checked(unsafe { $import($($pass)*) })
        }
    };
    ($module:literal $import:ident $name:ident [] -> bytes, ($($parameter:tt)*) ($($raw:tt)*) ($($pass:tt)*)) => {
        import! { @declare $module $import ($($raw)* _: *mut *mut u8, _: *mut usize) }
        pub(crate) fn $name($($parameter)*) -> Result<Vec<u8>, HostError> {
            // SAFETY: see the module's documentation.
            bytes(|data, size| unsafe { $import($($pass)* data, size) }).map(Option::unwrap_or_default)
        }
    };
    ($module:literal $import:ident $name:ident [] -> shared_value, ($($parameter:tt)*) ($($raw:tt)*) ($($pass:tt)*)) => {
        import! { @declare $module $import ($($raw)* _: *mut *mut u8, _: *mut usize, _: *mut u32) }
        pub(crate) fn $name($($parameter)*) -> Result<SharedValue, HostError> {
            let mut cas = 0;
            // SAFETY: see the module's documentation.
            let value = bytes(|data, size| unsafe { $import($($pass)* data, size, &mut cas) })?;
            Ok(SharedValue { value, cas })
        }
    };
    ($module:literal $import:ident $name:ident [] -> $result:ident, ($($parameter:tt)*) ($($raw:tt)*) ($($pass:tt)*)) => {
        import! { @declare $module $import ($($raw)* _: *mut <$result as Number>::Raw) }
        pub(crate) fn $name($($parameter)*) -> Result<$result, HostError> {
            // SAFETY: see the module's documentation.
            number(|result| unsafe { $import($($pass)* result) })
        }
    };
    (@declare $module:literal $import:ident ($($raw:tt)*)) => {
        #[link(wasm_import_module = $module)]
        unsafe extern "C" {
            fn $import($($raw)*) -> u32;
        }
    };
}

crate::__hostcalls!(imports);

#[cfg(all(test, miri))]
mod tests;
