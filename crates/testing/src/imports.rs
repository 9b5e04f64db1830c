//! The module's imports: each reads its arguments from the module's memory, asks the host, and writes
//! the answer back.

mod numbers;

use proxy_filter::sys::{GrpcCall, Host, HostError, HttpCall, LocalResponse, SharedValue};
use wasmtime::{Caller, Engine, Extern, Linker, Memory, Result, TypedFunc};

use crate::wasm::Data;
use numbers::{buffer_of, level_of, map_of, metric_of, side_of};

/// A hostcall on its way: the module that makes it.
struct Hostcall<'a>(Caller<'a, Data>);

impl Hostcall<'_> {
    fn memory(&mut self) -> Result<Memory, HostError> {
        self.0.get_export("memory").and_then(Extern::into_memory).ok_or(HostError::InvalidMemoryAccess)
    }

    fn read(&mut self, pointer: u32, size: u32) -> Result<Vec<u8>, HostError> {
        let memory = self.memory()?;
        let (start, size) = (index(pointer), index(size));
        let bytes = memory.data(&self.0).get(start..start.saturating_add(size));
        bytes.map(<[u8]>::to_vec).ok_or(HostError::InvalidMemoryAccess)
    }

    fn write(&mut self, pointer: u32, bytes: &[u8]) -> Result<(), HostError> {
        let memory = self.memory()?;
        memory.write(&mut self.0, index(pointer), bytes).map_err(|_| HostError::InvalidMemoryAccess)
    }

    /// Returns bytes as hosts do: in memory that the module allocates, or a null pointer for none.
    fn give(&mut self, bytes: &[u8], pointer_to: u32, size_to: u32) -> Result<(), HostError> {
        let size = u32::try_from(bytes.len()).map_err(|_| HostError::InternalFailure)?;
        let pointer = if size == 0 { 0 } else { self.allocate(size)? };
        self.write(pointer, bytes)?;
        self.write(pointer_to, &pointer.to_le_bytes())?;
        self.write(size_to, &size.to_le_bytes())
    }

    fn allocate(&mut self, size: u32) -> Result<u32, HostError> {
        let export = self.0.get_export("proxy_on_memory_allocate").and_then(Extern::into_func);
        let allocate: TypedFunc<u32, u32> =
            export.and_then(|function| function.typed(&self.0).ok()).ok_or(HostError::InvalidMemoryAccess)?;
        allocate.call(&mut self.0, size).map_err(|_| HostError::InvalidMemoryAccess)
    }

    fn host(&self) -> Result<std::rc::Rc<dyn Host>, HostError> {
        self.0.data().host.clone().ok_or(HostError::InternalFailure)
    }
}

fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn status(result: Result<(), HostError>) -> u32 {
    result.map_or_else(HostError::status, |()| 0)
}

/// Defines an import whose body may use `?` on a [`HostError`].
macro_rules! import {
    ($linker:ident, $module:literal, $name:ident($call:ident $(, $argument:ident: $type:ty)*) $body:block) => {
        $linker.func_wrap($module, stringify!($name), |caller: Caller<'_, Data> $(, $argument: $type)*| {
            let hostcalls = &caller.data().meter.hostcalls;
            hostcalls.set(hostcalls.get().saturating_add(1));
            let run = |$call: &mut Hostcall<'_>| -> Result<(), HostError> { $body };
            status(run(&mut Hostcall(caller)))
        })?;
    };
}

pub(crate) fn linker(engine: &Engine) -> Result<Linker<Data>> {
    let mut linker = Linker::new(engine);
    plugin(&mut linker)?;
    stream(&mut linker)?;
    shared(&mut linker)?;
    calls(&mut linker)?;
    wasi(&mut linker)?;
    Ok(linker)
}

fn plugin(linker: &mut Linker<Data>) -> Result<()> {
    import!(linker, "env", proxy_log(call, level: u32, message: u32, size: u32) {
        let message = call.read(message, size)?;
        call.host()?.log(level_of(level)?, &String::from_utf8_lossy(&message))
    });
    import!(linker, "env", proxy_get_log_level(call, level: u32) {
        let answer = call.host()?.log_level()?;
        call.write(level, &(answer as u32).to_le_bytes())
    });
    import!(linker, "env", proxy_set_tick_period_milliseconds(call, period: u32) {
        call.host()?.set_tick_period(period)
    });
    import!(linker, "env", proxy_get_current_time_nanoseconds(call, time: u32) {
        let answer = call.host()?.wall_nanoseconds()?;
        call.write(time, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_get_property(call, path: u32, path_size: u32, data: u32, size: u32) {
        let path = call.read(path, path_size)?;
        let answer = call.host()?.get_property(&path)?;
        call.give(&answer, data, size)
    });
    import!(linker, "env", proxy_set_property(call, path: u32, path_size: u32, value: u32, size: u32) {
        let (path, value) = (call.read(path, path_size)?, call.read(value, size)?);
        call.host()?.set_property(&path, &value)
    });
    import!(linker, "env", proxy_define_metric(call, kind: u32, name: u32, size: u32, metric: u32) {
        let name = call.read(name, size)?;
        let answer = call.host()?.define_metric(metric_of(kind)?, &name)?;
        call.write(metric, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_increment_metric(call, metric: u32, offset: i64) {
        call.host()?.increment_metric(metric, offset)
    });
    import!(linker, "env", proxy_record_metric(call, metric: u32, value: u64) {
        call.host()?.record_metric(metric, value)
    });
    import!(linker, "env", proxy_get_metric(call, metric: u32, value: u32) {
        let answer = call.host()?.get_metric(metric)?;
        call.write(value, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_call_foreign_function(
        call, name: u32, name_size: u32, argument: u32, argument_size: u32, data: u32, size: u32
    ) {
        let (name, argument) = (call.read(name, name_size)?, call.read(argument, argument_size)?);
        let answer = call.host()?.call_foreign_function(&name, &argument)?;
        call.give(&answer, data, size)
    });
    import!(linker, "env", proxy_set_effective_context(call, context: u32) {
        call.host()?.set_effective_context(context)
    });
    Ok(())
}

fn stream(linker: &mut Linker<Data>) -> Result<()> {
    import!(linker, "env", proxy_get_buffer_bytes(
        call, buffer: u32, start: u32, max: u32, data: u32, size: u32
    ) {
        let answer = call.host()?.get_buffer(buffer_of(buffer)?, index(start), index(max))?;
        call.give(&answer, data, size)
    });
    import!(linker, "env", proxy_set_buffer_bytes(
        call, buffer: u32, start: u32, size: u32, data: u32, data_size: u32
    ) {
        let bytes = call.read(data, data_size)?;
        call.host()?.set_buffer(buffer_of(buffer)?, index(start), index(size), &bytes)
    });
    import!(linker, "env", proxy_get_header_map_pairs(call, map: u32, data: u32, size: u32) {
        let answer = call.host()?.get_header_pairs(map_of(map)?)?;
        call.give(&answer, data, size)
    });
    import!(linker, "env", proxy_get_header_map_value(
        call, map: u32, name: u32, name_size: u32, data: u32, size: u32
    ) {
        let name = call.read(name, name_size)?;
        let answer = call.host()?.get_header(map_of(map)?, &name)?;
        call.give(&answer, data, size)
    });
    import!(linker, "env", proxy_add_header_map_value(
        call, map: u32, name: u32, name_size: u32, value: u32, size: u32
    ) {
        let (name, value) = (call.read(name, name_size)?, call.read(value, size)?);
        call.host()?.add_header(map_of(map)?, &name, &value)
    });
    import!(linker, "env", proxy_replace_header_map_value(
        call, map: u32, name: u32, name_size: u32, value: u32, size: u32
    ) {
        let (name, value) = (call.read(name, name_size)?, call.read(value, size)?);
        call.host()?.replace_header(map_of(map)?, &name, &value)
    });
    import!(linker, "env", proxy_remove_header_map_value(call, map: u32, name: u32, size: u32) {
        let name = call.read(name, size)?;
        call.host()?.remove_header(map_of(map)?, &name)
    });
    import!(linker, "env", proxy_continue_stream(call, side: u32) {
        call.host()?.continue_stream(side_of(side)?)
    });
    import!(linker, "env", proxy_close_stream(call, side: u32) {
        call.host()?.close_stream(side_of(side)?)
    });
    import!(linker, "env", proxy_send_local_response(
        call, code: u32, details: u32, details_size: u32, body: u32, body_size: u32, headers: u32,
        headers_size: u32, grpc_status: i32
    ) {
        let details = call.read(details, details_size)?;
        let (body, headers) = (call.read(body, body_size)?, call.read(headers, headers_size)?);
        call.host()?.send_local_response(LocalResponse {
            status: u16::try_from(code).map_err(|_| HostError::BadArgument)?,
            details: &String::from_utf8_lossy(&details),
            headers: &headers,
            body: &body,
            grpc_status,
        })
    });
    Ok(())
}

fn shared(linker: &mut Linker<Data>) -> Result<()> {
    import!(linker, "env", proxy_get_shared_data(
        call, key: u32, key_size: u32, data: u32, size: u32, cas: u32
    ) {
        let key = call.read(key, key_size)?;
        let SharedValue { value, cas: number } = call.host()?.get_shared_data(&key)?;
        call.give(&value.unwrap_or_default(), data, size)?;
        call.write(cas, &number.to_le_bytes())
    });
    import!(linker, "env", proxy_set_shared_data(
        call, key: u32, key_size: u32, value: u32, size: u32, cas: u32
    ) {
        let (key, value) = (call.read(key, key_size)?, call.read(value, size)?);
        call.host()?.set_shared_data(&key, &value, cas)
    });
    import!(linker, "env", proxy_register_shared_queue(call, name: u32, size: u32, queue: u32) {
        let name = call.read(name, size)?;
        let answer = call.host()?.register_shared_queue(&name)?;
        call.write(queue, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_resolve_shared_queue(
        call, vm_id: u32, vm_id_size: u32, name: u32, size: u32, queue: u32
    ) {
        let (vm_id, name) = (call.read(vm_id, vm_id_size)?, call.read(name, size)?);
        let answer = call.host()?.resolve_shared_queue(&vm_id, &name)?;
        call.write(queue, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_enqueue_shared_queue(call, queue: u32, item: u32, size: u32) {
        let item = call.read(item, size)?;
        call.host()?.enqueue_shared_queue(queue, &item)
    });
    import!(linker, "env", proxy_dequeue_shared_queue(call, queue: u32, data: u32, size: u32) {
        let answer = call.host()?.dequeue_shared_queue(queue)?;
        call.give(&answer, data, size)
    });
    Ok(())
}

fn calls(linker: &mut Linker<Data>) -> Result<()> {
    import!(linker, "env", proxy_http_call(
        call, cluster: u32, cluster_size: u32, headers: u32, headers_size: u32, body: u32, body_size: u32,
        _trailers: u32, _trailers_size: u32, timeout_milliseconds: u32, token: u32
    ) {
        let (cluster, headers) = (call.read(cluster, cluster_size)?, call.read(headers, headers_size)?);
        let body = call.read(body, body_size)?;
        let request = HttpCall { cluster: &cluster, headers: &headers, body: &body, timeout_milliseconds };
        let answer = call.host()?.http_call(request)?;
        call.write(token, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_grpc_call(
        call, service: u32, service_size: u32, name: u32, name_size: u32, method: u32, method_size: u32,
        metadata: u32, metadata_size: u32, message: u32, message_size: u32, timeout_milliseconds: u32,
        token: u32
    ) {
        let (service, name) = (call.read(service, service_size)?, call.read(name, name_size)?);
        let (method, metadata) = (call.read(method, method_size)?, call.read(metadata, metadata_size)?);
        let message = call.read(message, message_size)?;
        let answer = call.host()?.grpc_call(GrpcCall {
            service: &service,
            service_name: &name,
            method: &method,
            metadata: &metadata,
            message: &message,
            timeout_milliseconds,
        })?;
        call.write(token, &answer.to_le_bytes())
    });
    import!(linker, "env", proxy_grpc_cancel(call, token: u32) { call.host()?.grpc_cancel(token) });
    Ok(())
}

/// The few calls that Rust's standard library makes.
fn wasi(linker: &mut Linker<Data>) -> Result<()> {
    import!(linker, "wasi_snapshot_preview1", clock_time_get(call, _clock: u32, _precision: u64, time: u32) {
        let answer = call.host()?.monotonic_nanoseconds()?;
        call.write(time, &answer.to_le_bytes())
    });
    import!(linker, "wasi_snapshot_preview1", environ_sizes_get(call, count: u32, size: u32) {
        call.write(count, &[0; 4])?;
        call.write(size, &[0; 4])
    });
    import!(linker, "wasi_snapshot_preview1", environ_get(call, _list: u32, _texts: u32) {
        call.memory().map(|_| ())
    });
    import!(linker, "wasi_snapshot_preview1", random_get(call, to: u32, size: u32) {
        // Any bytes will do, as long as they are the same in every run.
        let bytes: Vec<u8> = (0..size).map(|index| index.to_le_bytes()[0].wrapping_mul(167)).collect();
        call.write(to, &bytes)
    });
    Ok(())
}
