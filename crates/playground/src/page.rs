//! The functions of the page. It keeps the instances of the filter's module, by the numbers that this module gives them.
#![allow(unsafe_code, reason = "imports are foreign functions; this file wraps them")]

use proxy_filter::HostError;
use proxy_model::Trap;

/// What [`ffi::guest_call`] returns.
const ABSENT: u32 = 1;
const TRAPPED: u32 = 2;

mod ffi {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Instantiates and initializes the filter's module. Returns 0, or [`TRAPPED`](super::TRAPPED).
        pub(super) safe fn guest_start(guest: u32) -> u32;
        /// Calls an export of an instance and writes its result. Returns 0, [`ABSENT`](super::ABSENT) or
        /// [`TRAPPED`](super::TRAPPED).
        pub(super) fn guest_call(
            guest: u32,
            export: *const u8,
            export_size: usize,
            arguments: *const u32,
            count: usize,
            result: *mut u32,
        ) -> u32;
        /// Writes the beginning of the message of the last trap and returns its size.
        pub(super) fn guest_failure(to: *mut u8, size: usize) -> usize;
        /// Copies from an instance's memory. Returns 0 if the area is in the memory.
        pub(super) fn guest_read(guest: u32, pointer: u32, to: *mut u8, size: usize) -> u32;
        /// Copies into an instance's memory. Returns 0 if the area is in the memory.
        pub(super) fn guest_write(guest: u32, pointer: u32, from: *const u8, size: usize) -> u32;
        /// Allocates memory in an instance. Returns 0 if it cannot.
        pub(super) safe fn guest_allocate(guest: u32, size: u32) -> u32;
    }
}

/// Instantiates and initializes the filter's module.
pub(crate) fn start(guest: u32) -> Result<(), Trap> {
    match ffi::guest_start(guest) {
        0 => Ok(()),
        _ => Err(failure()),
    }
}

/// Calls an export of an instance. Returns `None` if the module has none of this name.
pub(crate) fn call(guest: u32, export: &str, arguments: &[u32]) -> Result<Option<u32>, Trap> {
    let mut result = 0;
    // SAFETY: the pointers are to live slices of these lengths and to a local, and the page keeps none.
    let status = unsafe {
        ffi::guest_call(
            guest,
            export.as_ptr(),
            export.len(),
            arguments.as_ptr(),
            arguments.len(),
            &mut result,
        )
    };
    match status {
        ABSENT => Ok(None),
        TRAPPED => Err(failure()),
        _ => Ok(Some(result)),
    }
}

fn failure() -> Trap {
    let mut message = vec![0; 1024];
    // SAFETY: the page writes at most this many bytes.
    let size = unsafe { ffi::guest_failure(message.as_mut_ptr(), message.len()) };
    message.truncate(size);
    Trap(String::from_utf8_lossy(&message).into_owned())
}

/// Reads from an instance's memory.
pub(crate) fn read(guest: u32, pointer: u32, size: u32) -> Result<Vec<u8>, HostError> {
    let size = usize::try_from(size).map_err(|_| HostError::InvalidMemoryAccess)?;
    let mut bytes = Vec::new();
    // A filter may ask for more than there is.
    bytes.try_reserve_exact(size).map_err(|_| HostError::InvalidMemoryAccess)?;
    bytes.resize(size, 0);
    // SAFETY: the page writes exactly this many bytes, or none.
    checked(unsafe { ffi::guest_read(guest, pointer, bytes.as_mut_ptr(), size) })?;
    Ok(bytes)
}

/// Writes to an instance's memory.
pub(crate) fn write(guest: u32, pointer: u32, bytes: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointer is to a live slice of this length, and the page keeps none.
    checked(unsafe { ffi::guest_write(guest, pointer, bytes.as_ptr(), bytes.len()) })
}

/// Allocates memory in an instance.
pub(crate) fn allocate(guest: u32, size: u32) -> Result<u32, HostError> {
    match ffi::guest_allocate(guest, size) {
        0 => Err(HostError::InvalidMemoryAccess),
        pointer => Ok(pointer),
    }
}

fn checked(status: u32) -> Result<(), HostError> {
    if status == 0 { Ok(()) } else { Err(HostError::InvalidMemoryAccess) }
}
