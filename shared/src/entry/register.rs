//! The registration macros: a filter's list of phases becomes the methods that call it, and the list
//! of exports that survive the build.

/// Makes a type the module's filter and names the phases it takes part in, of `RequestHeaders`,
/// `RequestBody`, `RequestTrailers`, `ResponseHeaders`, `ResponseBody`, `ResponseTrailers`,
/// `StreamEnd`, `CallResponse`, and, behind a semicolon, `Tick`.
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// struct Nothing;
/// # impl Filter for Nothing { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Nothing { type Stream = (); type Tag = (); }
/// proxy_filter::http_filter!(Nothing: RequestHeaders); // it does not implement OnRequestHeaders
/// ```
#[macro_export]
macro_rules! http_filter {
    ($filter:ty: $($phase:ident),+ $(,)? $(; $($own:ident),+)?) => {
        impl $crate::entry::PluginEntry for $filter {
            $($($crate::__phase!($own);)+)?
        }
        impl $crate::entry::HttpEntry for $filter {
            $($crate::__phase!($phase);)+
        }
        $crate::__export!(register_http::<$filter>, $($phase),+);
    };
}

/// Makes a type the module's filter and names the phases it takes part in, of `DownstreamData`,
/// `UpstreamData`, `ConnectionEnd`, and, behind a semicolon, `Tick`.
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// struct Nothing;
/// # impl Filter for Nothing { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl TcpFilter for Nothing { type Connection = (); }
/// proxy_filter::tcp_filter!(Nothing: DownstreamData); // it does not implement OnDownstreamData
/// ```
#[macro_export]
macro_rules! tcp_filter {
    ($filter:ty: $($phase:ident),+ $(,)? $(; $($own:ident),+)?) => {
        impl $crate::entry::PluginEntry for $filter {
            $($($crate::__phase!($own);)+)?
        }
        impl $crate::entry::TcpEntry for $filter {
            $($crate::__phase!($phase);)+
        }
        $crate::__export!(register_tcp::<$filter>, $($phase),+);
    };
}

/// The method that calls a filter's implementation of a phase.
#[doc(hidden)]
#[macro_export]
macro_rules! __phase {
    (RequestHeaders) => {
        const HAS_REQUEST_HEADERS: bool = true;
        $crate::__phase!(@flow request_headers, RequestHeaders, OnRequestHeaders::on_request_headers, headers);
    };
    (RequestBody) => {
        $crate::__phase!(@flow request_body, RequestBody, OnRequestBody::on_request_body, http);
    };
    (RequestTrailers) => {
        $crate::__phase!(@observe request_trailers, RequestTrailers, OnRequestTrailers::on_request_trailers, headers);
    };
    (ResponseHeaders) => {
        $crate::__phase!(@observe response_headers, ResponseHeaders, OnResponseHeaders::on_response_headers, headers);
    };
    (ResponseBody) => {
        $crate::__phase!(@observe response_body, ResponseBody, OnResponseBody::on_response_body, http);
    };
    (ResponseTrailers) => {
        $crate::__phase!(@observe response_trailers, ResponseTrailers, OnResponseTrailers::on_response_trailers, headers);
    };
    (DownstreamData) => {
        $crate::__phase!(@chunk downstream_data, OnDownstreamData::on_downstream_data);
    };
    (UpstreamData) => {
        $crate::__phase!(@chunk upstream_data, OnUpstreamData::on_upstream_data);
    };
    (StreamEnd) => {
        fn stream_end(&self, stream: &mut Self::Stream) {
            $crate::http::OnStreamEnd::on_stream_end(self, stream);
        }
    };
    (ConnectionEnd) => {
        fn connection_end(&self, connection: &mut Self::Connection) {
            $crate::tcp::OnConnectionEnd::on_connection_end(self, connection);
        }
    };
    (CallResponse) => {
        const HAS_CALL_RESPONSE: bool = true;
        fn answer(
            &self,
            stream: &mut Self::Stream,
            tag: Self::Tag,
            answer: $crate::callout::CallResponse,
            request: ::core::option::Option<&mut $crate::headers::RequestHeaders>,
        ) -> Result<$crate::flow::Flow<Self::Tag>, $crate::sys::HostError> {
            $crate::http::OnCallResponse::on_call_response(self, stream, tag, answer, request)
        }
    };
    (Tick) => {
        fn tick(&self) {
            $crate::plugin::OnTick::on_tick(self);
        }
    };
    (@flow $method:ident, $view:ident, $phase:ident::$on:ident, $module:ident) => {
        fn $method(
            &self,
            stream: &mut Self::Stream,
            view: &mut $crate::$module::$view,
        ) -> Result<$crate::flow::Flow<Self::Tag>, $crate::sys::HostError> {
            $crate::http::$phase::$on(self, stream, view)
        }
    };
    (@observe $method:ident, $view:ident, $phase:ident::$on:ident, $module:ident) => {
        fn $method(
            &self,
            stream: &mut Self::Stream,
            view: &mut $crate::$module::$view,
        ) -> Result<(), $crate::sys::HostError> {
            $crate::http::$phase::$on(self, stream, view)
        }
    };
    (@chunk $method:ident, $phase:ident::$on:ident) => {
        fn $method(
            &self,
            connection: &mut Self::Connection,
            chunk: &mut $crate::tcp::Chunk,
        ) -> Result<$crate::tcp::TcpFlow, $crate::sys::HostError> {
            $crate::tcp::$phase::$on(self, connection, chunk)
        }
    };
}

/// The exports through which Envoy calls a phase, a line each. Where there are two names the first is
/// the layer's own and takes the place of proxy-wasm's, the second.
#[doc(hidden)]
#[macro_export]
macro_rules! __phase_export {
    (RequestHeaders) => {
        "proxy_on_request_headers\n"
    };
    (RequestBody) => {
        // Trailers end a body that is held.
        "proxy_on_request_body\nproxy_on_request_trailers\n"
    };
    (RequestTrailers) => {
        "proxy_on_request_trailers\n"
    };
    (ResponseHeaders) => {
        "proxy_on_response_headers\n"
    };
    (ResponseBody) => {
        "proxy_on_response_body\nproxy_on_response_trailers\n"
    };
    (ResponseTrailers) => {
        "proxy_on_response_trailers\n"
    };
    (StreamEnd) => {
        "proxy_on_log\n"
    };
    (CallResponse) => {
        "proxy_filter_on_http_call_response proxy_on_http_call_response\n\
         proxy_filter_on_grpc_receive proxy_on_grpc_receive\n\
         proxy_filter_on_grpc_close proxy_on_grpc_close\n"
    };
    (DownstreamData) => {
        "proxy_on_downstream_data\n"
    };
    (UpstreamData) => {
        "proxy_on_upstream_data\n"
    };
    (ConnectionEnd) => {
        "proxy_on_log\n"
    };
}
