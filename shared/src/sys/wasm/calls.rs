//! The imports, and a safe function for each.
//!
//! Every pointer handed to the host is that of a live slice or local of this module, with its
//! length; the host copies and keeps none. Where the host returns bytes it first calls our exported
//! `proxy_on_memory_allocate(size)` and hands over what that returned.

use std::ptr::null_mut;

use crate::sys::{Buffer, HostError, Level, LocalResponse, Map, SharedValue};

unsafe extern "C" {
    fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
    fn proxy_get_log_level(level: *mut u32) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        max: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_add_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        cas: u32,
    ) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
}

/// WASI's number for the monotonic clock.
const CLOCK_MONOTONIC: u32 = 1;

fn checked(status: u32) -> Result<(), HostError> {
    HostError::from_status(status).map_or(Ok(()), Err)
}

/// Runs a call that returns bytes. `None` is a null pointer: success without a value.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Option<Vec<u8>>, HostError> {
    let (mut data, mut size) = (null_mut(), 0);
    checked(call(&mut data, &mut size))?;
    if data.is_null() {
        return Ok(None);
    }
    // SAFETY: `data` came from `proxy_on_memory_allocate(size)`, which leaks a boxed slice of
    // exactly `size` bytes from the global allocator; the host has filled it and dropped it.
    Ok(Some(unsafe { Vec::from_raw_parts(data, size, size) }))
}

pub(crate) fn log(level: Level, message: &str) {
    // SAFETY: the pointer and length are those of `message`. There is nobody to tell of a failure.
    _ = unsafe { proxy_log(level as u32, message.as_ptr(), message.len()) };
}

pub(crate) fn log_level() -> Result<Level, HostError> {
    let mut level = 0;
    // SAFETY: `level` outlives the call.
    checked(unsafe { proxy_get_log_level(&mut level) })?;
    Ok(Level::from_abi(level))
}

pub(crate) fn set_tick_period(milliseconds: u32) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_set_tick_period_milliseconds(milliseconds) })
}

pub(crate) fn monotonic_nanoseconds() -> Result<u64, HostError> {
    let mut time = 0;
    // SAFETY: `time` outlives the call.
    match unsafe { clock_time_get(CLOCK_MONOTONIC, 1, &mut time) } {
        0 => Ok(time),
        errno => Err(HostError::Other(errno)),
    }
}

pub(crate) fn get_buffer(buffer: Buffer, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
    // SAFETY: see `returned`.
    returned(|data, length| unsafe { proxy_get_buffer_bytes(buffer as u32, start, size, data, length) })
        .map(Option::unwrap_or_default)
}

pub(crate) fn set_buffer(buffer: Buffer, start: usize, size: usize, data: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointer and length are those of `data`.
    checked(unsafe { proxy_set_buffer_bytes(buffer as u32, start, size, data.as_ptr(), data.len()) })
}

pub(crate) fn get_header_pairs(map: Map) -> Result<Vec<u8>, HostError> {
    // SAFETY: see `returned`.
    returned(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
        .map(Option::unwrap_or_default)
}

pub(crate) fn get_header(map: Map, name: &[u8]) -> Result<Vec<u8>, HostError> {
    // SAFETY: the pointer and length are those of `name`; for the rest see `returned`.
    returned(|data, size| unsafe {
        proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), data, size)
    })
    .map(Option::unwrap_or_default)
}

pub(crate) fn add_header(map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointers and lengths are those of `name` and `value`.
    checked(unsafe {
        proxy_add_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

pub(crate) fn replace_header(map: Map, name: &[u8], value: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointers and lengths are those of `name` and `value`.
    checked(unsafe {
        proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

pub(crate) fn remove_header(map: Map, name: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointer and length are those of `name`.
    checked(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

pub(crate) fn get_property(path: &[u8]) -> Result<Vec<u8>, HostError> {
    // SAFETY: the pointer and length are those of `path`; for the rest see `returned`.
    returned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
        .map(Option::unwrap_or_default)
}

pub(crate) fn send_local_response(response: LocalResponse<'_>) -> Result<(), HostError> {
    let LocalResponse { status, details, headers, body, grpc_status } = response;
    // SAFETY: the pointers and lengths are those of the slices above.
    checked(unsafe {
        proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            grpc_status,
        )
    })
}

pub(crate) fn get_shared_data(key: &[u8]) -> Result<SharedValue, HostError> {
    let mut cas = 0;
    // SAFETY: the pointer and length are those of `key`, and `cas` outlives the call; for the rest
    // see `returned`.
    let value = returned(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &mut cas)
    })?;
    Ok(SharedValue { value, cas })
}

pub(crate) fn set_shared_data(key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
    // SAFETY: the pointers and lengths are those of `key` and `value`.
    checked(unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) })
}
