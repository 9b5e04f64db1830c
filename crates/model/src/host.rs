//! The hostcalls of one worker.

use std::time::Duration;

use proxy_filter::headers::HeaderPairs;
use proxy_filter::sys::LogLevel;
use proxy_filter::sys::{BufferType, Host, HostError, MapType, MetricType, SharedValue, StreamType};

use crate::attributes::{self, VM_ID};
use crate::context::Ticks;
use crate::headers::Headers;
use crate::inline;
use crate::message::Request;
use crate::reply::Reply;
use crate::shared::is_grpc_stream;
use crate::worker::Worker;

impl Host for Worker {
    fn log(&self, level: LogLevel, message: &[u8]) -> Result<(), HostError> {
        self.shared.logs.borrow_mut().push((level, String::from_utf8_lossy(message).into_owned()));
        Ok(())
    }

    fn log_level(&self) -> Result<LogLevel, HostError> {
        Ok(self.shared.log_level.get())
    }

    fn set_tick_period(&self, milliseconds: u32) -> Result<(), HostError> {
        let period = Duration::from_millis(u64::from(milliseconds));
        let ticks = Ticks { next: self.shared.now() + period, period };
        self.with_current(|context| context.ticks = (!period.is_zero()).then_some(ticks));
        Ok(())
    }

    fn clock_time(&self, _: u32, _: u64) -> Result<u64, HostError> {
        Ok(self.shared.nanoseconds())
    }

    fn wall_nanoseconds(&self) -> Result<u64, HostError> {
        Ok(self.shared.nanoseconds())
    }

    fn get_buffer(&self, buffer: BufferType, start: usize, size: usize) -> Result<Vec<u8>, HostError> {
        let cut = |bytes: &[u8]| bytes.iter().skip(start).take(size).copied().collect();
        match self.with_current(|context| context.buffers.get(&buffer).map(|bytes| cut(bytes))) {
            Some(bytes) => Ok(bytes),
            None if is_strict(buffer) => Err(HostError::NotFound),
            None => Ok(Vec::new()),
        }
    }

    /// Writes only at the beginning, where it replaces `size` bytes, or at the end, as Envoy does.
    fn set_buffer(
        &self,
        buffer: BufferType,
        start: usize,
        size: usize,
        data: &[u8],
    ) -> Result<(), HostError> {
        self.with_current(|context| {
            let absent = if is_strict(buffer) { HostError::NotFound } else { HostError::BadArgument };
            let bytes = context.buffers.get_mut(&buffer).ok_or(absent)?;
            match start {
                _ if is_strict(buffer) => return Err(HostError::BadArgument),
                0 => _ = bytes.splice(..size.min(bytes.len()), data.iter().copied()),
                start if start >= bytes.len() => bytes.extend_from_slice(data),
                _ => return Err(HostError::BadArgument),
            }
            Ok(())
        })
    }

    fn get_header_pairs(&self, map: MapType) -> Result<Vec<u8>, HostError> {
        self.read_map(map).unwrap_or_default().serialize()
    }

    fn get_header(&self, map: MapType, name: &[u8]) -> Result<Vec<u8>, HostError> {
        let headers = self.read_map(map)?;
        headers.first(&inline::name_in(map, name)).map(<[u8]>::to_vec).ok_or(HostError::NotFound)
    }

    fn add_header(&self, map: MapType, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| inline::add(map, headers, name, value))
    }

    fn replace_header(&self, map: MapType, name: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| inline::replace(map, headers, name, value))
    }

    fn remove_header(&self, map: MapType, name: &[u8]) -> Result<(), HostError> {
        self.with_map(map, |headers| headers.remove(&inline::name_in(map, name)))
    }

    fn get_property(&self, path: &[u8]) -> Result<Vec<u8>, HostError> {
        self.with_current(|context| attributes::get(context, path))
    }

    fn set_property(&self, path: &[u8], value: &[u8]) -> Result<(), HostError> {
        self.with_current(|context| match context.is_stream {
            true => {
                context.filter_state.insert(path.to_vec(), value.to_vec());
                Ok(())
            }
            false => Err(HostError::NotFound),
        })
    }

    fn send_local_response(
        &self,
        status: u32,
        details: &[u8],
        body: &[u8],
        headers: &[u8],
        grpc_status: i32,
    ) -> Result<(), HostError> {
        let status = u16::try_from(status).map_err(|_| HostError::BadArgument)?;
        let mut reply = Reply::new(status, headers, body);
        reply.details = String::from_utf8_lossy(details).into_owned();
        self.with_current(|context| {
            if context.is_grpc() {
                reply.turn_into_grpc(grpc_status);
            }
            context.reply = Some(reply);
        });
        Ok(())
    }

    fn continue_stream(&self, _: StreamType) -> Result<(), HostError> {
        self.with_current(|context| context.continued = true);
        Ok(())
    }

    fn close_stream(&self, _: StreamType) -> Result<(), HostError> {
        self.with_current(|context| context.closed = true);
        Ok(())
    }

    fn get_shared_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        self.shared.get_data(key)
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        self.shared.set_data(key, value, cas)
    }

    fn register_shared_queue(&self, name: &[u8]) -> Result<u32, HostError> {
        Ok(self.shared.register_queue(name))
    }

    fn resolve_shared_queue(&self, vm_id: &[u8], name: &[u8]) -> Result<u32, HostError> {
        let own = vm_id == VM_ID.as_bytes();
        self.shared.queue(name).filter(|_| own).ok_or(HostError::NotFound)
    }

    fn enqueue_shared_queue(&self, queue: u32, item: &[u8]) -> Result<(), HostError> {
        self.shared.with_queue(queue, |items| items.push_back(item.to_vec()))
    }

    fn dequeue_shared_queue(&self, queue: u32) -> Result<Vec<u8>, HostError> {
        self.shared.with_queue(queue, |items| items.pop_front())?.ok_or(HostError::Empty)
    }

    fn define_metric(&self, kind: MetricType, name: &[u8]) -> Result<u32, HostError> {
        Ok(self.shared.metrics.define(kind, name))
    }

    fn increment_metric(&self, metric: u32, offset: i64) -> Result<(), HostError> {
        self.shared.metrics.increment(metric, offset)
    }

    fn record_metric(&self, metric: u32, value: u64) -> Result<(), HostError> {
        self.shared.metrics.record(metric, value)
    }

    fn get_metric(&self, metric: u32) -> Result<u64, HostError> {
        self.shared.metrics.get(metric)
    }

    fn call_foreign_function(&self, name: &[u8], _: &[u8]) -> Result<Vec<u8>, HostError> {
        match name {
            b"clear_route_cache" => Ok(Vec::new()),
            _ => Err(HostError::NotFound),
        }
    }

    fn set_effective_context(&self, context: u32) -> Result<(), HostError> {
        if !self.contexts.borrow().contains_key(&context) {
            return Err(HostError::BadArgument);
        }
        self.current.set(context);
        Ok(())
    }

    fn http_call(
        &self,
        cluster: &[u8],
        headers: &[u8],
        body: &[u8],
        _: &[u8],
        timeout_milliseconds: u32,
    ) -> Result<u32, HostError> {
        let headers = Headers::from_iter(HeaderPairs::new(headers.to_vec()).iter());
        if [b":method".as_slice(), b":path", b":authority"].iter().any(|name| headers.first(name).is_none()) {
            return Err(HostError::BadArgument);
        }
        let body = if body.is_empty() { Vec::new() } else { vec![body.to_vec()] };
        let request = Request { headers, body, ..Request::get("") };
        self.dispatch(cluster, request, false, timeout_milliseconds)
    }

    fn grpc_call(
        &self,
        service: &[u8],
        service_name: &[u8],
        method: &[u8],
        metadata: &[u8],
        message: &[u8],
        timeout_milliseconds: u32,
    ) -> Result<u32, HostError> {
        let cluster = cluster_of(service).ok_or(HostError::ParseFailure)?;
        let headers = grpc_headers(service_name, method, metadata);
        let request = Request { headers, body: vec![message.to_vec()], ..Request::get("") };
        self.dispatch(cluster, request, true, timeout_milliseconds)
    }

    fn grpc_cancel(&self, token: u32) -> Result<(), HostError> {
        if is_grpc_stream(token) {
            return self.forget_stream(token);
        }
        self.cancel_call(token)
    }

    fn grpc_stream(
        &self,
        service: &[u8],
        service_name: &[u8],
        method: &[u8],
        metadata: &[u8],
    ) -> Result<u32, HostError> {
        let cluster = cluster_of(service).ok_or(HostError::ParseFailure)?;
        self.open_stream(cluster, grpc_headers(service_name, method, metadata))
    }

    fn grpc_send(&self, token: u32, message: &[u8], end_of_stream: u32) -> Result<(), HostError> {
        if !is_grpc_stream(token) {
            return Err(HostError::BadArgument);
        }
        self.send_on_stream(token, message, end_of_stream != 0)
    }

    fn grpc_close(&self, token: u32) -> Result<(), HostError> {
        if is_grpc_stream(token) {
            return self.close_stream(token);
        }
        self.cancel_call(token)
    }
}

/// Returns the headers of a gRPC request.
fn grpc_headers(service: &[u8], method: &[u8], metadata: &[u8]) -> Headers {
    let path = [b"/", service, b"/", method].concat();
    let mut headers = Headers::from_iter([(b":method".as_slice(), b"POST".as_slice()), (b":path", &path)]);
    for (name, value) in HeaderPairs::new(metadata.to_vec()).iter() {
        headers.append(name, value);
    }
    headers
}

/// Returns whether reading an absent buffer is an error. Writing to one always is.
fn is_strict(buffer: BufferType) -> bool {
    matches!(buffer, BufferType::HttpCallResponseBody | BufferType::PluginConfiguration)
}

/// Reads the cluster's name from a serialized `GrpcService`: the innermost of two length-delimited fields.
fn cluster_of(service: &[u8]) -> Option<&[u8]> {
    let field = |bytes: &[u8]| {
        let lengths = bytes.iter().skip(1).take_while(|byte| **byte >= 0x80).count() + 1;
        (bytes.first() == Some(&0x0a)).then_some(1 + lengths)
    };
    let inner = service.get(field(service)?..)?;
    inner.get(field(inner)?..)
}
