//! A table of the phases that a filter can register.
//!
//! A row gives the phase's name, the trait and method that a filter implements, the kind of phase, the entry trait's
//! method with the view that it gets, and the exports that the host calls, one per line. The layer's own export
//! precedes the proxy-wasm export that it replaces. The rows expand to the traits [`HttpEntry`] and [`TcpEntry`], to
//! the macros that turn a phase's name into methods, and to the check that the registered phases are the implemented
//! ones. For example, of the row `RequestHeaders`, `http_filter!(MyFilter: RequestHeaders)` makes
//!
//! ```text
//! impl HttpEntry for MyFilter {
//!     const PHASES: &'static [&'static str] = &["RequestHeaders"];
//!     fn request_headers(&self, stream: &mut Self::Stream, view: &mut RequestHeaders) -> Result<Flow<..>, HostError> {
//!         OnRequestHeaders::on_request_headers(self, stream, view)
//!     }
//! }
//! const _: () = assert!(!Implements::<MyFilter>::RequestHeaders || is_registered(PHASES, "RequestHeaders"), "...");
//! ```
//!
//! and, in a module, a custom section that names the export `proxy_on_request_headers`.

use std::marker::PhantomData;

use super::stream::Running;
use crate::Filter;
use crate::config::{self, ConfigError};
use crate::flow::NoTag;
use crate::http::HttpFilter;
use crate::plugin::OnTick;
use crate::specialize::{Phase, Specialize};
use crate::tcp::TcpFilter;

/// The phases of the plugin itself. The registration macros implement this trait.
pub trait PluginEntry: Filter {
    /// Compiles the bytes that the host gives as the configuration.
    ///
    /// # Errors
    /// The filter refuses the configuration.
    fn configured(configuration: &[u8]) -> Result<Self, ConfigError> {
        Self::configure(&config::decoded(configuration))
    }
    /// Returns the period of [`OnTick`] in milliseconds, `None` if it is not registered.
    fn tick_period(&self) -> Option<u32> {
        None
    }
    /// See [`OnTick`].
    fn tick(&self) {}
}

/// Tells which phases type `T` implements, with a constant for each phase.
///
/// If `T` implements a phase's trait, the constant is an inherent one, which is `true`. Otherwise it is that of
/// [`Otherwise`], which is `false` and which an inherent constant shadows. This works only for a concrete type, so only the
/// registration macros use it.
#[derive(Debug)]
pub struct Implements<T>(PhantomData<T>);

/// The constants of [`Implements`] for phases that a type does not implement.
pub trait Otherwise {
    /// See [`OnTick`].
    const TICK: bool = false;
    /// See [`Specialize`].
    const SPECIALIZE: bool = false;
    /// Whether the type is [`NoTag`].
    const NO_TAG: bool = false;
}
impl<T> Otherwise for Implements<T> {}

impl<T: OnTick> Implements<T> {
    /// See [`OnTick`].
    pub const TICK: bool = true;
}
impl<T: Specialize> Implements<T> {
    /// See [`Specialize`].
    pub const SPECIALIZE: bool = true;
}
impl Implements<NoTag> {
    /// Whether the type is [`NoTag`].
    pub const NO_TAG: bool = true;
}

/// Returns whether a list of registered phases contains this phase.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "constants have no iterators")]
pub const fn is_registered(phases: &[&str], phase: &str) -> bool {
    let mut at = 0;
    while at < phases.len() {
        let (a, b) = (phases[at].as_bytes(), phase.as_bytes());
        let mut same = 0;
        while a.len() == b.len() && same < a.len() && a[same] == b[same] {
            same += 1;
        }
        if a.len() == b.len() && same == a.len() {
            return true;
        }
        at += 1;
    }
    false
}

/// Expands the rows of one protocol to the entry trait and to the macros `$of_phase` (which expands a phase's name) and
/// `$check`. `$d` is a dollar sign, for use inside those two macros.
macro_rules! phases {
    ($d:tt $protocol:ident, $Filter:ident, $Entry:ident, $ROWS:ident, $OtherwisePhases:ident, $macro:literal, $of_phase:ident, $check:ident, { $($item:item)* }:
        $($(#[$doc:meta])+ $Phase:ident = $On:ident::$on:ident, $kind:ident $method:ident $(($module:ident::$View:ident))?, $exports:literal;)+
    ) => {
        /// The phases that a filter registered. The registration macro implements this trait. A phase that is not
        /// registered does nothing.
        #[allow(unused_variables, clippy::missing_errors_doc, reason = "the phases' traits document both")]
        pub trait $Entry: $Filter + PluginEntry {
            /// Names of the phases that are registered.
            const PHASES: &'static [&'static str];
            $($item)*
            $($crate::__phase_method! { $(#[$doc])+ $kind $method $(($module::$View))? })+
        }

        /// The constants of [`Implements`] for phases that a filter does not implement.
        #[allow(non_upper_case_globals, reason = "they are named after their phases")]
        pub trait $OtherwisePhases {
            $($(#[$doc])+ const $Phase: bool = false;)+
        }
        impl<T> $OtherwisePhases for Implements<T> {}
        $(#[allow(non_upper_case_globals, reason = "it is named after its phase")]
        impl<T: crate::$protocol::$On> Implements<T> {
            $(#[$doc])+
            pub const $Phase: bool = true;
        })+

        /// The phases with their names and exports.
        pub(crate) const $ROWS: &[(Phase, &str, &str)] = &[$((Phase::$Phase, stringify!($Phase), $exports)),+];

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $of_phase {
            $(($Phase) => {
                $crate::__phase_method! { $kind $method $(($module::$View))? => $protocol::$On::$on }
            };
            (exports $Phase) => { $exports };)+
            (exports $d phase:ident) => { "" };
            ($d phase:ident) => {
                ::core::compile_error!(::core::concat!(
                    "unknown phase `", ::core::stringify!($d phase), "` in `", $macro, "`: the phases are",
                    $(" `", ::core::stringify!($Phase), "`",)+
                ));
            };
        }

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $check {
            ($d filter:ty) => {
                use $crate::entry::{Otherwise as _, $OtherwisePhases as _};
                $(::core::assert!(
                    !$crate::entry::Implements::<$d filter>::$Phase
                        || $crate::entry::is_registered(
                            <$d filter as $crate::entry::$Entry>::PHASES,
                            ::core::stringify!($Phase),
                        ),
                    ::core::concat!(
                        "the filter implements `", ::core::stringify!($On), "`, which is never called: add `",
                        ::core::stringify!($Phase), "` to `", $macro, "`",
                    ),
                );)+
            };
        }
    };
}

phases! { $ http, HttpFilter, HttpEntry, HTTP_PHASES, OtherwiseHttp, "http_filter!", __http_phase, __check_http_phases, {
    /// What a stream keeps of the future of [`OnRequest`](crate::http::OnRequest).
    type Running: Running<Self>;
}:
    /// See [`OnRequest`](crate::http::OnRequest).
    Request = OnRequest::on_request, future request,
        "proxy_filter_on_request_headers proxy_on_request_headers\n\
         proxy_filter_on_http_call_response proxy_on_http_call_response\n\
         proxy_filter_on_grpc_receive proxy_on_grpc_receive\n\
         proxy_filter_on_grpc_close proxy_on_grpc_close\n";
    /// See [`OnRequestHeaders`](crate::http::OnRequestHeaders).
    RequestHeaders = OnRequestHeaders::on_request_headers,
        flow request_headers(headers::RequestHeaders),
        "proxy_filter_on_request_headers proxy_on_request_headers\n";
    // Trailers end a body that the host buffers.
    /// See [`OnRequestBody`](crate::http::OnRequestBody).
    RequestBody = OnRequestBody::on_request_body,
        flow request_body(http::RequestBody), "proxy_on_request_body\nproxy_on_request_trailers\n";
    /// See [`OnRequestTrailers`](crate::http::OnRequestTrailers).
    RequestTrailers = OnRequestTrailers::on_request_trailers,
        observe request_trailers(headers::RequestTrailers), "proxy_on_request_trailers\n";
    /// See [`OnResponseHeaders`](crate::http::OnResponseHeaders).
    ResponseHeaders = OnResponseHeaders::on_response_headers,
        observe response_headers(headers::ResponseHeaders), "proxy_on_response_headers\n";
    /// See [`OnResponseBody`](crate::http::OnResponseBody).
    ResponseBody = OnResponseBody::on_response_body,
        observe response_body(http::ResponseBody), "proxy_on_response_body\nproxy_on_response_trailers\n";
    /// See [`OnResponseTrailers`](crate::http::OnResponseTrailers).
    ResponseTrailers = OnResponseTrailers::on_response_trailers,
        observe response_trailers(headers::ResponseTrailers), "proxy_on_response_trailers\n";
    /// See [`OnCallResponse`](crate::http::OnCallResponse).
    CallResponse = OnCallResponse::on_call_response, response call_response,
        "proxy_filter_on_http_call_response proxy_on_http_call_response\n\
         proxy_filter_on_grpc_receive proxy_on_grpc_receive\n\
         proxy_filter_on_grpc_close proxy_on_grpc_close\n";
    /// See [`OnStreamEnd`](crate::http::OnStreamEnd).
    StreamEnd = OnStreamEnd::on_stream_end, stream_end stream_end, "proxy_on_log\n";
}

phases! { $ tcp, TcpFilter, TcpEntry, TCP_PHASES, OtherwiseTcp, "tcp_filter!", __tcp_phase, __check_tcp_phases, {}:
    /// See [`OnNewConnection`](crate::tcp::OnNewConnection).
    NewConnection = OnNewConnection::on_new_connection, new_connection new_connection, "proxy_on_new_connection\n";
    /// See [`OnDownstreamData`](crate::tcp::OnDownstreamData).
    DownstreamData = OnDownstreamData::on_downstream_data, chunk downstream_data, "proxy_on_downstream_data\n";
    /// See [`OnUpstreamData`](crate::tcp::OnUpstreamData).
    UpstreamData = OnUpstreamData::on_upstream_data, chunk upstream_data, "proxy_on_upstream_data\n";
    /// See [`OnConnectionEnd`](crate::tcp::OnConnectionEnd).
    ConnectionEnd = OnConnectionEnd::on_connection_end, connection_end connection_end, "proxy_on_log\n";
}

/// Expands to the method of an entry trait, for each kind of phase. With the path of a filter's method, it calls that
/// method. Without one, it is the trait's default.
#[doc(hidden)]
#[macro_export]
macro_rules! __phase_method {
    ($(#[$doc:meta])* flow $method:ident($module:ident::$View:ident) $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(
            &self, stream: &mut Self::Stream, view: &mut $crate::$module::$View,
        ) -> ::core::result::Result<$crate::flow::Flow<Self::Tag>, $crate::HostError> {
            $crate::__first!(
                $($crate::$protocol::$On::$on(self, stream, view),)?
                ::core::result::Result::Ok($crate::flow::Flow::Continue)
            )
        }
    };
    // The future is in the trait's `Running`.
    ($(#[$doc:meta])* future $method:ident $(=> $protocol:ident::$On:ident::$on:ident)?) => {};
    ($(#[$doc:meta])* observe $method:ident($module:ident::$View:ident) $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(
            &self, stream: &mut Self::Stream, view: &mut $crate::$module::$View,
        ) -> ::core::result::Result<(), $crate::HostError> {
            $crate::__first!($($crate::$protocol::$On::$on(self, stream, view),)? ::core::result::Result::Ok(()))
        }
    };
    ($(#[$doc:meta])* response $method:ident $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(
            &self,
            stream: &mut Self::Stream,
            tag: Self::Tag,
            response: $crate::callout::CallResponse,
            request: ::core::option::Option<&mut $crate::headers::RequestHeaders>,
        ) -> ::core::result::Result<$crate::flow::Flow<Self::Tag>, $crate::HostError> {
            $crate::__first!(
                $($crate::$protocol::$On::$on(self, stream, tag, response, request),)?
                ::core::result::Result::Ok($crate::flow::Flow::Continue)
            )
        }
    };
    ($(#[$doc:meta])* stream_end $method:ident $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(&self, stream: &mut Self::Stream) {
            $($crate::$protocol::$On::$on(self, stream);)?
        }
    };
    ($(#[$doc:meta])* new_connection $method:ident $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(
            &self, connection: &mut Self::Connection,
        ) -> ::core::result::Result<$crate::tcp::TcpFlow, $crate::HostError> {
            $crate::__first!(
                $($crate::$protocol::$On::$on(self, connection),)?
                ::core::result::Result::Ok($crate::tcp::TcpFlow::Continue)
            )
        }
    };
    ($(#[$doc:meta])* chunk $method:ident $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(
            &self, connection: &mut Self::Connection, chunk: &mut $crate::tcp::Chunk,
        ) -> ::core::result::Result<$crate::tcp::TcpFlow, $crate::HostError> {
            $crate::__first!(
                $($crate::$protocol::$On::$on(self, connection, chunk),)?
                ::core::result::Result::Ok($crate::tcp::TcpFlow::Continue)
            )
        }
    };
    ($(#[$doc:meta])* connection_end $method:ident $(=> $protocol:ident::$On:ident::$on:ident)?) => {
        $(#[$doc])*
        fn $method(&self, connection: &mut Self::Connection) {
            $($crate::$protocol::$On::$on(self, connection);)?
        }
    };
}

/// Expands to the type that keeps a stream's future, for a filter with these phases.
#[doc(hidden)]
#[macro_export]
macro_rules! __running {
    ($filter:ty;) => { () };
    ($filter:ty; Request $($others:ident)*) => { ::core::option::Option<$crate::entry::Task<$filter>> };
    ($filter:ty; $phase:ident $($others:ident)*) => { $crate::__running!($filter; $($others)*) };
}

/// Expands to the first of several expressions.
#[doc(hidden)]
#[macro_export]
macro_rules! __first {
    ($first:expr $(, $others:expr)*) => {
        $first
    };
}
