//! A table of the callbacks that a host makes in the Proxy-Wasm ABI 0.2.1.
//!
//! A row gives the callback's variant in the model, its arguments after the context id, and the export that
//! the host calls. For the phases of a stream it also gives the method of proxy-wasm's dispatcher, and the
//! method that this calls in [`entry`](crate::entry) with the arguments it passes on.

/// Expands `$expand!` once for all callbacks, with the rows as arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __callbacks {
    ($expand:ident) => {
        $expand! {
            plugin {
                /// The host creates a plugin (`parent` 0) or a stream of a plugin.
                ContextCreate { parent: u32 } = proxy_on_context_create;
                /// A plugin is configured; `size` bytes of configuration can be read.
                Configure { size: usize } = proxy_on_configure;
                /// A plugin's tick is due.
                Tick {} = proxy_on_tick;
                /// An HTTP call of a plugin's stream got a response, or failed if there are no headers.
                HttpCallResponse { token: u32, headers: usize, body_size: usize, trailers: usize } =
                    proxy_on_http_call_response;
                /// A gRPC call of a plugin's stream received a message.
                GrpcReceive { token: u32, size: usize } = proxy_on_grpc_receive;
                /// A gRPC call of a plugin's stream ended.
                GrpcClose { token: u32, status: u32 } = proxy_on_grpc_close;
                /// A stream is over.
                Log {} = proxy_on_log;
                /// The host deletes a plugin or stream.
                Delete {} = proxy_on_delete;
            }
            http {
                /// A request's headers have arrived.
                RequestHeaders { count: usize, end_of_stream: bool } = proxy_on_request_headers
                    (on_http_request_headers => request_headers(end_of_stream));
                /// A part of a request's body has arrived.
                RequestBody { size: usize, end_of_stream: bool } = proxy_on_request_body
                    (on_http_request_body => request_body(size, end_of_stream));
                /// A request's trailers have arrived.
                RequestTrailers { count: usize } = proxy_on_request_trailers
                    (on_http_request_trailers => request_trailers());
                /// A response's headers have arrived.
                ResponseHeaders { count: usize, end_of_stream: bool } = proxy_on_response_headers
                    (on_http_response_headers => response_headers(end_of_stream));
                /// A part of a response's body has arrived.
                ResponseBody { size: usize, end_of_stream: bool } = proxy_on_response_body
                    (on_http_response_body => response_body(size, end_of_stream));
                /// A response's trailers have arrived.
                ResponseTrailers { count: usize } = proxy_on_response_trailers
                    (on_http_response_trailers => response_trailers());
            }
            tcp {
                /// A client has connected.
                NewConnection {} = proxy_on_new_connection (on_new_connection => new_connection());
                /// Bytes from the client have arrived.
                DownstreamData { size: usize, end_of_stream: bool } = proxy_on_downstream_data
                    (on_downstream_data => downstream_data(size, end_of_stream));
                /// Bytes from the upstream have arrived.
                UpstreamData { size: usize, end_of_stream: bool } = proxy_on_upstream_data
                    (on_upstream_data => upstream_data(size, end_of_stream));
            }
        }
    };
}
