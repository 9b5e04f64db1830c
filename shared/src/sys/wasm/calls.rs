//! A safe function for each import.
//!
//! Every pointer handed to the host is that of a live slice or local of this module, with its
//! length; the host copies and keeps none. Where the host returns bytes it first calls our exported
//! `proxy_on_memory_allocate(size)` and hands over what that returned.
#![allow(unsafe_code, reason = "hostcalls are foreign functions; this file is where they are wrapped")]

use std::ptr::null_mut;

use super::imports::*;
use crate::sys::{
    Buffer, GrpcCall, HostError, HttpCall, Level, LocalResponse, Map, Metric, SharedValue, Side,
};

/// A serialized header map without pairs.
const EMPTY_MAP: [u8; 4] = [0; 4];

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

pub(crate) fn log(level: Level, message: &str) -> Result<(), HostError> {
    // SAFETY: the pointer and length are those of `message`.
    checked(unsafe { proxy_log(level as u32, message.as_ptr(), message.len()) })
}

pub(crate) fn log_level() -> Result<Level, HostError> {
    let mut level = 0;
    // SAFETY: `level` outlives the call.
    checked(unsafe { proxy_get_log_level(&mut level) })?;
    Ok(level_of(level))
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

pub(crate) fn wall_nanoseconds() -> Result<u64, HostError> {
    let mut time = 0;
    // SAFETY: `time` outlives the call.
    checked(unsafe { proxy_get_current_time_nanoseconds(&mut time) })?;
    Ok(time)
}

pub(crate) fn set_property(path: &[u8], value: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointers and lengths are those of `path` and `value`.
    checked(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

pub(crate) fn continue_stream(side: Side) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_continue_stream(side as u32) })
}

pub(crate) fn close_stream(side: Side) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_close_stream(side as u32) })
}

pub(crate) fn register_shared_queue(name: &[u8]) -> Result<u32, HostError> {
    let mut queue = 0;
    // SAFETY: the pointer and length are those of `name`, and `queue` outlives the call.
    checked(unsafe { proxy_register_shared_queue(name.as_ptr(), name.len(), &mut queue) })?;
    Ok(queue)
}

pub(crate) fn resolve_shared_queue(vm_id: &[u8], name: &[u8]) -> Result<u32, HostError> {
    let mut queue = 0;
    // SAFETY: the pointers and lengths are those of `vm_id` and `name`, and `queue` outlives the call.
    checked(unsafe {
        proxy_resolve_shared_queue(vm_id.as_ptr(), vm_id.len(), name.as_ptr(), name.len(), &mut queue)
    })?;
    Ok(queue)
}

pub(crate) fn enqueue_shared_queue(queue: u32, item: &[u8]) -> Result<(), HostError> {
    // SAFETY: the pointer and length are those of `item`.
    checked(unsafe { proxy_enqueue_shared_queue(queue, item.as_ptr(), item.len()) })
}

pub(crate) fn dequeue_shared_queue(queue: u32) -> Result<Vec<u8>, HostError> {
    // SAFETY: see `returned`.
    returned(|data, size| unsafe { proxy_dequeue_shared_queue(queue, data, size) })
        .map(Option::unwrap_or_default)
}

pub(crate) fn define_metric(kind: Metric, name: &[u8]) -> Result<u32, HostError> {
    let mut metric = 0;
    // SAFETY: the pointer and length are those of `name`, and `metric` outlives the call.
    checked(unsafe { proxy_define_metric(kind as u32, name.as_ptr(), name.len(), &mut metric) })?;
    Ok(metric)
}

pub(crate) fn increment_metric(metric: u32, offset: i64) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_increment_metric(metric, offset) })
}

pub(crate) fn record_metric(metric: u32, value: u64) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_record_metric(metric, value) })
}

pub(crate) fn get_metric(metric: u32) -> Result<u64, HostError> {
    let mut value = 0;
    // SAFETY: `value` outlives the call.
    checked(unsafe { proxy_get_metric(metric, &mut value) })?;
    Ok(value)
}

pub(crate) fn call_foreign_function(name: &[u8], argument: &[u8]) -> Result<Vec<u8>, HostError> {
    // SAFETY: the pointers and lengths are those of `name` and `argument`; for the rest see `returned`.
    returned(|data, size| unsafe {
        proxy_call_foreign_function(name.as_ptr(), name.len(), argument.as_ptr(), argument.len(), data, size)
    })
    .map(Option::unwrap_or_default)
}

pub(crate) fn set_effective_context(context: u32) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_set_effective_context(context) })
}

pub(crate) fn http_call(call: HttpCall<'_>) -> Result<u32, HostError> {
    let HttpCall { cluster, headers, body, timeout_milliseconds } = call;
    let mut token = 0;
    // SAFETY: the pointers and lengths are those of the slices above, the trailers' those of an empty
    // map, and `token` outlives the call.
    checked(unsafe {
        proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            body.as_ptr(),
            body.len(),
            EMPTY_MAP.as_ptr(),
            EMPTY_MAP.len(),
            timeout_milliseconds,
            &mut token,
        )
    })?;
    Ok(token)
}

pub(crate) fn grpc_call(call: GrpcCall<'_>) -> Result<u32, HostError> {
    let GrpcCall { service, service_name, method, metadata, message, timeout_milliseconds } = call;
    let mut token = 0;
    // SAFETY: the pointers and lengths are those of the slices above, and `token` outlives the call.
    checked(unsafe {
        proxy_grpc_call(
            service.as_ptr(),
            service.len(),
            service_name.as_ptr(),
            service_name.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            message.as_ptr(),
            message.len(),
            timeout_milliseconds,
            &mut token,
        )
    })?;
    Ok(token)
}

pub(crate) fn grpc_cancel(token: u32) -> Result<(), HostError> {
    // SAFETY: no pointers.
    checked(unsafe { proxy_grpc_cancel(token) })
}

fn level_of(number: u32) -> Level {
    match number {
        0 => Level::Trace,
        1 => Level::Debug,
        2 => Level::Info,
        3 => Level::Warn,
        4 => Level::Error,
        _ => Level::Critical,
    }
}
