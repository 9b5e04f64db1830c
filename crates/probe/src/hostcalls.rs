//! The hostcalls, without checks: they accept any numbers and return the host's status.

use std::ptr::null_mut;

use crate::answer::Answer;
use crate::imports as raw;

/// Makes a call that returns bytes, in memory that the host allocated through `proxy_on_memory_allocate`.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Answer {
    let (mut data, mut size) = (null_mut(), 0);
    match call(&mut data, &mut size) {
        0 if data.is_null() => Answer::Bytes(Vec::new()),
        // SAFETY: `exports::proxy_on_memory_allocate` leaked a vector of this size.
        0 => Answer::Bytes(unsafe { Vec::from_raw_parts(data, size, size) }),
        status => Answer::Status(status),
    }
}

/// Makes a call that returns a number through a pointer.
fn numbered<N: Default>(call: impl FnOnce(*mut N) -> u32) -> (Answer, N) {
    let mut number = N::default();
    let status = call(&mut number);
    (Answer::Status(status), number)
}

pub(crate) fn log(level: u32, message: &str) -> Answer {
    // SAFETY: the pointer and length are those of `message`.
    Answer::Status(unsafe { raw::proxy_log(level, message.as_ptr(), message.len()) })
}

pub(crate) fn get_log_level() -> Answer {
    // SAFETY: the pointer is valid for the call.
    numbered(|level: *mut u32| unsafe { raw::proxy_get_log_level(level) }).0
}

pub(crate) fn set_tick_period(milliseconds: u32) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_set_tick_period_milliseconds(milliseconds) })
}

pub(crate) fn get_current_time() -> Answer {
    // SAFETY: the pointer is valid for the call.
    numbered(|time: *mut u64| unsafe { raw::proxy_get_current_time_nanoseconds(time) }).0
}

pub(crate) fn get_buffer(buffer: u32, start: usize, max: usize) -> Answer {
    // SAFETY: the pointers are valid for the call.
    returned(|data, size| unsafe { raw::proxy_get_buffer_bytes(buffer, start, max, data, size) })
}

pub(crate) fn set_buffer(buffer: u32, start: usize, size: usize, data: &[u8]) -> Answer {
    // SAFETY: the pointer and length are those of `data`.
    Answer::Status(unsafe { raw::proxy_set_buffer_bytes(buffer, start, size, data.as_ptr(), data.len()) })
}

pub(crate) fn get_pairs(map: u32) -> Answer {
    // SAFETY: the pointers are valid for the call.
    returned(|data, size| unsafe { raw::proxy_get_header_map_pairs(map, data, size) })
}

pub(crate) fn get_header(map: u32, name: &str) -> Answer {
    // SAFETY: the pointer and length are those of `name`; the others are valid for the call.
    returned(|data, size| unsafe {
        raw::proxy_get_header_map_value(map, name.as_ptr(), name.len(), data, size)
    })
}

pub(crate) fn add_header(map: u32, name: &str, value: &str) -> Answer {
    // SAFETY: the pointers and lengths are those of `name` and `value`.
    Answer::Status(unsafe {
        raw::proxy_add_header_map_value(map, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

pub(crate) fn replace_header(map: u32, name: &str, value: &str) -> Answer {
    // SAFETY: the pointers and lengths are those of `name` and `value`.
    Answer::Status(unsafe {
        raw::proxy_replace_header_map_value(map, name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

pub(crate) fn remove_header(map: u32, name: &str) -> Answer {
    // SAFETY: the pointer and length are those of `name`.
    Answer::Status(unsafe { raw::proxy_remove_header_map_value(map, name.as_ptr(), name.len()) })
}

/// Reads a property. Dots separate the segments of `path`. A tilde is a dot within a segment.
pub(crate) fn get_property(path: &str) -> Answer {
    let path = path.replace('.', "\0").replace('~', ".");
    // SAFETY: the pointer and length are those of `path`; the others are valid for the call.
    returned(|data, size| unsafe { raw::proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

pub(crate) fn set_property(path: &str, value: &str) -> Answer {
    // SAFETY: the pointers and lengths are those of `path` and `value`.
    Answer::Status(unsafe { raw::proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

pub(crate) fn continue_stream(side: u32) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_continue_stream(side) })
}

pub(crate) fn close_stream(side: u32) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_close_stream(side) })
}

pub(crate) fn send_local_response(status: u32, headers: &[u8], body: &str) -> Answer {
    send_local_response_with(status, headers, body, -1)
}

pub(crate) fn send_local_response_with(status: u32, headers: &[u8], body: &str, grpc_status: i32) -> Answer {
    let details = "probe";
    // SAFETY: the pointers and lengths are those of the slices.
    Answer::Status(unsafe {
        raw::proxy_send_local_response(
            status,
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

pub(crate) fn get_shared_data(key: impl AsRef<[u8]>) -> (Answer, u32) {
    let key = key.as_ref();
    let mut cas = 0;
    // SAFETY: the pointer and length are those of `key`; the others are valid for the call.
    let answer = returned(|data, size| unsafe {
        raw::proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &mut cas)
    });
    (answer, cas)
}

pub(crate) fn set_shared_data(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>, cas: u32) -> Answer {
    let (key, value) = (key.as_ref(), value.as_ref());
    // SAFETY: the pointers and lengths are those of `key` and `value`.
    Answer::Status(unsafe {
        raw::proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas)
    })
}

pub(crate) fn register_queue(name: &str) -> (Answer, u32) {
    // SAFETY: the pointer and length are those of `name`; the other is valid for the call.
    numbered(|queue| unsafe { raw::proxy_register_shared_queue(name.as_ptr(), name.len(), queue) })
}

pub(crate) fn resolve_queue(vm_id: &str, name: &str) -> Answer {
    // SAFETY: the pointers and lengths are those of `vm_id` and `name`; the other is valid for the call.
    numbered(|queue| unsafe {
        raw::proxy_resolve_shared_queue(vm_id.as_ptr(), vm_id.len(), name.as_ptr(), name.len(), queue)
    })
    .0
}

pub(crate) fn enqueue(queue: u32, item: &str) -> Answer {
    // SAFETY: the pointer and length are those of `item`.
    Answer::Status(unsafe { raw::proxy_enqueue_shared_queue(queue, item.as_ptr(), item.len()) })
}

pub(crate) fn dequeue(queue: u32) -> Answer {
    // SAFETY: the pointers are valid for the call.
    returned(|data, size| unsafe { raw::proxy_dequeue_shared_queue(queue, data, size) })
}

pub(crate) fn define_metric(kind: u32, name: &str) -> (Answer, u32) {
    // SAFETY: the pointer and length are those of `name`; the other is valid for the call.
    numbered(|metric| unsafe { raw::proxy_define_metric(kind, name.as_ptr(), name.len(), metric) })
}

pub(crate) fn increment_metric(metric: u32, offset: i64) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_increment_metric(metric, offset) })
}

pub(crate) fn record_metric(metric: u32, value: u64) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_record_metric(metric, value) })
}

pub(crate) fn get_metric(metric: u32) -> Answer {
    // SAFETY: the pointer is valid for the call.
    match numbered(|value: *mut u64| unsafe { raw::proxy_get_metric(metric, value) }) {
        (Answer::Status(0), value) => Answer::Number(value),
        (answer, _) => answer,
    }
}

pub(crate) fn call_foreign_function(name: &str, argument: &[u8]) -> Answer {
    // SAFETY: the pointers and lengths are those of `name` and `argument`; the others are valid for the
    // call.
    returned(|data, size| unsafe {
        raw::proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            argument.as_ptr(),
            argument.len(),
            data,
            size,
        )
    })
}

pub(crate) fn set_effective_context(context: u32) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_set_effective_context(context) })
}

pub(crate) fn http_call(cluster: &str, headers: &[u8], timeout: u32) -> (Answer, u32) {
    let trailers = [0_u8; 4];
    // SAFETY: the pointers and lengths are those of the slices; the last is valid for the call.
    numbered(|token: *mut u32| unsafe {
        raw::proxy_http_call(
            cluster.as_ptr(),
            cluster.len(),
            headers.as_ptr(),
            headers.len(),
            b"ask".as_ptr(),
            3,
            trailers.as_ptr(),
            trailers.len(),
            timeout,
            token,
        )
    })
}

pub(crate) fn grpc_call(service: &[u8], method: &str, timeout: u32) -> (Answer, u32) {
    let (name, metadata) = ("probe.Service", [0_u8; 4]);
    // SAFETY: the pointers and lengths are those of the slices; the last is valid for the call.
    numbered(|token| unsafe {
        raw::proxy_grpc_call(
            service.as_ptr(),
            service.len(),
            name.as_ptr(),
            name.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            b"ask".as_ptr(),
            3,
            timeout,
            token,
        )
    })
}

pub(crate) fn grpc_cancel(token: u32) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_grpc_cancel(token) })
}

pub(crate) fn grpc_stream(service: &[u8]) -> (Answer, u32) {
    let (name, method, metadata) = ("probe.Service", "Talk", [0_u8; 4]);
    // SAFETY: the pointers and lengths are those of the slices; the last is valid for the call.
    numbered(|token| unsafe {
        raw::proxy_grpc_stream(
            service.as_ptr(),
            service.len(),
            name.as_ptr(),
            name.len(),
            method.as_ptr(),
            method.len(),
            metadata.as_ptr(),
            metadata.len(),
            token,
        )
    })
}

pub(crate) fn grpc_send(token: u32, message: &str, end_of_stream: bool) -> Answer {
    // SAFETY: the pointer and length are those of `message`.
    Answer::Status(unsafe {
        raw::proxy_grpc_send(token, message.as_ptr(), message.len(), end_of_stream.into())
    })
}

pub(crate) fn grpc_close(token: u32) -> Answer {
    // SAFETY: no pointers.
    Answer::Status(unsafe { raw::proxy_grpc_close(token) })
}

/// Serializes a header map.
pub(crate) fn pairs(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut map = (pairs.len() as u32).to_le_bytes().to_vec();
    for (name, value) in pairs {
        map.extend((name.len() as u32).to_le_bytes());
        map.extend((value.len() as u32).to_le_bytes());
    }
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        map.extend(text.as_bytes());
        map.push(0);
    }
    map
}
