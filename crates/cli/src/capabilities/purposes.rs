//! What each import is for.

/// All hostcalls of the Proxy-Wasm ABI, and what a module does with them. A filter that `new` makes may import those that no
/// filter here does.
const HOSTCALLS: [(&str, &str); 34] = [
    ("proxy_add_header_map_value", "adds a header"),
    ("proxy_call_foreign_function", "calls a function that the host registers by name"),
    ("proxy_close_stream", "closes a connection or resets a stream"),
    ("proxy_continue_stream", "resumes a request that waited for a response"),
    ("proxy_define_metric", "defines a metric"),
    ("proxy_dequeue_shared_queue", "takes from a queue that modules share"),
    ("proxy_enqueue_shared_queue", "adds to a queue that modules share"),
    ("proxy_get_buffer_bytes", "reads its configuration, a body, the bytes of a connection or a response"),
    ("proxy_get_current_time_nanoseconds", "reads the wall clock"),
    ("proxy_get_header_map_pairs", "reads all headers"),
    ("proxy_get_header_map_value", "reads a header"),
    ("proxy_get_log_level", "omits logs that nobody reads"),
    ("proxy_get_metric", "reads a metric"),
    ("proxy_get_property", "reads attributes, such as the client's address"),
    ("proxy_get_shared_data", "reads what the workers of a proxy share"),
    ("proxy_grpc_call", "calls a gRPC service"),
    ("proxy_grpc_cancel", "cancels such a call if the client leaves"),
    ("proxy_grpc_close", "ends a gRPC stream"),
    ("proxy_grpc_send", "sends on a gRPC stream"),
    ("proxy_grpc_stream", "opens a gRPC stream"),
    ("proxy_http_call", "calls an HTTP service"),
    ("proxy_increment_metric", "counts"),
    ("proxy_log", "writes to the proxy's log"),
    ("proxy_record_metric", "sets a metric"),
    ("proxy_register_shared_queue", "creates a queue that modules share"),
    ("proxy_remove_header_map_value", "removes a header"),
    ("proxy_replace_header_map_value", "replaces a header"),
    ("proxy_resolve_shared_queue", "finds a queue of another module"),
    ("proxy_send_local_response", "replies in place of the upstream"),
    ("proxy_set_buffer_bytes", "changes a body or the bytes of a connection"),
    ("proxy_set_effective_context", "resumes the request for which a response arrived"),
    ("proxy_set_property", "sets filter state, which other filters and access logs read"),
    ("proxy_set_shared_data", "writes what the workers of a proxy share"),
    ("proxy_set_tick_period_milliseconds", "asks to be called at intervals"),
];

/// The functions of WASI, and why a module cannot do without. None opens files or sockets.
const WASI: [(&str, &str); 6] = [
    ("clock_time_get", "measures time with a clock that does not step back"),
    ("environ_get", "after a panic, Rust's standard library looks for `RUST_BACKTRACE`"),
    ("environ_sizes_get", "as `environ_get`"),
    (
        "fd_write",
        "Rust's standard library writes a panic's message to standard error, which is the proxy's log",
    ),
    ("proc_exit", "the C library ends the module if it cannot read the environment"),
    ("random_get", "seeds hashes, so that clients cannot choose colliding keys"),
];

/// Returns what an import is for. `None` if nobody has said so yet.
pub(super) fn of(import: &str) -> Option<&'static str> {
    let known = HOSTCALLS.iter().chain(&WASI).find(|(name, _)| *name == import);
    known.map(|(_, purpose)| *purpose)
}
