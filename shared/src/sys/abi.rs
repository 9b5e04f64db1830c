//! A table of the hostcalls that the layer uses: those of the Proxy-Wasm ABI 0.2.1, and one of WASI.
//!
//! A row gives the import's name, the function's name here, its arguments and its result. `bytes` are passed
//! as a pointer and a size, every other type as one [`Number`](super::Number). The rows expand to the imports
//! and their safe wrappers on wasm, to the [`Host`](super::Host) trait and the calls to it elsewhere, and to
//! the imports that the test kit gives a module in wasmtime. `crates/probe` declares the same imports by
//! hand, to check this table against a real Envoy.

/// Expands `$expand!` once for all hostcalls, with the rows as arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __hostcalls {
    ($expand:ident) => {
        $expand! {
            module "env";
            /// Writes a line to the proxy's log.
            proxy_log = log(level: LogLevel, message: bytes) -> nothing;
            /// Returns the level below which the proxy drops lines.
            proxy_get_log_level = log_level() -> LogLevel;
            /// Requests a tick every `milliseconds`.
            proxy_set_tick_period_milliseconds = set_tick_period(milliseconds: u32) -> nothing;
            /// Returns nanoseconds since 1970 on the wall clock.
            proxy_get_current_time_nanoseconds = wall_nanoseconds() -> u64;
            /// Reads up to `size` bytes of a buffer, from `start`.
            proxy_get_buffer_bytes = get_buffer(buffer: BufferType, start: usize, size: usize) -> bytes;
            /// Replaces `size` bytes from `start` with `data`.
            proxy_set_buffer_bytes =
                set_buffer(buffer: BufferType, start: usize, size: usize, data: bytes) -> nothing;
            /// Reads all pairs of a map, serialized.
            proxy_get_header_map_pairs = get_header_pairs(map: MapType) -> bytes;
            /// Reads the first value of a header.
            proxy_get_header_map_value = get_header(map: MapType, name: bytes) -> bytes;
            /// Adds a value to those that a header has.
            proxy_add_header_map_value = add_header(map: MapType, name: bytes, value: bytes) -> nothing;
            /// Replaces every value of a header with this one.
            proxy_replace_header_map_value =
                replace_header(map: MapType, name: bytes, value: bytes) -> nothing;
            /// Removes every value of a header.
            proxy_remove_header_map_value = remove_header(map: MapType, name: bytes) -> nothing;
            /// Reads the raw bytes of an attribute; zero bytes separate the segments of `path`.
            proxy_get_property = get_property(path: bytes) -> bytes;
            /// Sets filter state, which other filters and access logs can read.
            proxy_set_property = set_property(path: bytes, value: bytes) -> nothing;
            /// Replies to the request in place of the upstream. `headers` are serialized pairs, `details` are
            /// the response code details for access logs, and `grpc_status` -1 lets the host derive it.
            proxy_send_local_response = send_local_response(
                status: u32, details: bytes, body: bytes, headers: bytes, grpc_status: i32
            ) -> nothing;
            /// Resumes a paused stream.
            proxy_continue_stream = continue_stream(stream: StreamType) -> nothing;
            /// Closes a connection or resets a stream.
            proxy_close_stream = close_stream(stream: StreamType) -> nothing;
            /// Reads shared data.
            proxy_get_shared_data = get_shared_data(key: bytes) -> shared_value;
            /// Writes shared data; `cas` 0 writes unconditionally.
            proxy_set_shared_data = set_shared_data(key: bytes, value: bytes, cas: u32) -> nothing;
            /// Returns the queue with this name, and creates it if it does not exist.
            proxy_register_shared_queue = register_shared_queue(name: bytes) -> u32;
            /// Returns the queue with this name in another VM.
            proxy_resolve_shared_queue = resolve_shared_queue(vm_id: bytes, name: bytes) -> u32;
            /// Appends an item to a queue.
            proxy_enqueue_shared_queue = enqueue_shared_queue(queue: u32, item: bytes) -> nothing;
            /// Removes and returns the first item of a queue.
            proxy_dequeue_shared_queue = dequeue_shared_queue(queue: u32) -> bytes;
            /// Defines a metric and returns its id.
            proxy_define_metric = define_metric(kind: MetricType, name: bytes) -> u32;
            /// Adds to a counter or gauge.
            proxy_increment_metric = increment_metric(metric: u32, offset: i64) -> nothing;
            /// Sets a gauge, or records a value of a histogram.
            proxy_record_metric = record_metric(metric: u32, value: u64) -> nothing;
            /// Returns the value of a counter or gauge.
            proxy_get_metric = get_metric(metric: u32) -> u64;
            /// Calls a function of the host by name.
            proxy_call_foreign_function = call_foreign_function(name: bytes, argument: bytes) -> bytes;
            /// Makes another context the one that hostcalls apply to.
            proxy_set_effective_context = set_effective_context(context: u32) -> nothing;
            /// Sends an HTTP request to a cluster; its response arrives in a callback with the token returned
            /// here. `headers` and `trailers` are serialized pairs.
            proxy_http_call = http_call(
                cluster: bytes, headers: bytes, body: bytes, trailers: bytes, timeout_milliseconds: u32
            ) -> u32;
            /// Sends a gRPC request; its response arrives in a callback with the token returned here.
            /// `service` is a serialized `envoy.config.core.v3.GrpcService`. Envoy also accepts a plain
            /// cluster name, but parses it as protobuf first, and a name that happens to be valid protobuf
            /// aborts the process.
            proxy_grpc_call = grpc_call(
                service: bytes, service_name: bytes, method: bytes, metadata: bytes, message: bytes,
                timeout_milliseconds: u32
            ) -> u32;
            /// Cancels a gRPC request or resets a gRPC stream.
            proxy_grpc_cancel = grpc_cancel(token: u32) -> nothing;
            /// Opens a gRPC stream, whose messages and end arrive in callbacks with the token returned here. `service` is
            /// as for a gRPC request.
            proxy_grpc_stream = grpc_stream(
                service: bytes, service_name: bytes, method: bytes, metadata: bytes
            ) -> u32;
            /// Sends a message on a gRPC stream; the last one if `end_of_stream` is 1.
            proxy_grpc_send = grpc_send(token: u32, message: bytes, end_of_stream: u32) -> nothing;
            /// Ends this side of a gRPC stream.
            proxy_grpc_close = grpc_close(token: u32) -> nothing;

            module "wasi_snapshot_preview1";
            /// Returns nanoseconds on one of WASI's clocks; 1 is the monotonic one.
            clock_time_get = clock_time(clock: u32, precision: u64) -> u64;
        }
    };
}
