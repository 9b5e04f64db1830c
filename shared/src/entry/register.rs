//! The registration macros. They expand a filter's list of phases to the methods that call the filter, and to
//! the list of exports that the build keeps.

/// Registers a type as the module's filter, with the phases it implements: `Request` or `RequestHeaders`, `RequestBody`,
/// `RequestTrailers`, `ResponseHeaders`, `ResponseBody`, `ResponseTrailers`, `CallResponse`, `StreamEnd`,
/// and, after a semicolon, `Tick` and `Specialize`.
///
/// The list must name exactly the phases whose traits the type implements:
///
/// ```compile_fail
/// # use proxy_filter::prelude::*;
/// struct Nothing;
/// # impl Filter for Nothing { fn configure(_: &[u8]) -> Result<Self, ConfigError> { Ok(Self) } }
/// # impl HttpFilter for Nothing { type Stream = (); type Tag = NoTag; }
/// proxy_filter::http_filter!(Nothing: RequestHeaders); // it does not implement OnRequestHeaders
/// ```
#[macro_export]
macro_rules! http_filter {
    ($filter:ty: $($phase:ident),+ $(,)? $(; $($own:ident),+)?) => {
        impl $crate::entry::PluginEntry for $filter {
            $($($crate::__plugin_phase!($own $filter, HttpEntry);)+)?
        }
        impl $crate::entry::HttpEntry for $filter {
            const PHASES: &'static [&'static str] = &[$(::core::stringify!($phase)),+];
            type Running = $crate::__running!($filter; $($phase)+);
            $($crate::__http_phase!($phase);)+
        }
        const _: () = {
            $crate::__check_http_phases!($filter);
            $crate::__check_plugin_phases!($filter, "http_filter!", $($($own)+)?);
            ::core::assert!(
                !($crate::entry::is_registered(<$filter as $crate::entry::HttpEntry>::PHASES, "Request")
                    && $crate::entry::is_registered(
                        <$filter as $crate::entry::HttpEntry>::PHASES,
                        "RequestHeaders",
                    )),
                "`Request` and `RequestHeaders` both start when the request's headers arrive: register only one of them",
            );
            ::core::assert!(
                $crate::entry::Implements::<<$filter as $crate::http::HttpFilter>::Tag>::NO_TAG
                    || $crate::entry::is_registered(
                        <$filter as $crate::entry::HttpEntry>::PHASES,
                        "CallResponse",
                    ),
                "the filter's `Tag` says that it returns `Flow::Call`, but no phase handles the responses: implement \
                 `OnCallResponse` and add `CallResponse` to `http_filter!`, or write `type Tag = NoTag;`",
            );
        };
        $crate::__export!(register_http::<$filter>, $($crate::__http_phase!(exports $phase)),+);
    };
}

/// Registers a type as the module's filter, with the phases it implements: `NewConnection`, `DownstreamData`, `UpstreamData`,
/// `ConnectionEnd`, and, after a semicolon, `Tick` and `Specialize`.
///
/// The list must name exactly the phases whose traits the type implements:
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
            $($($crate::__plugin_phase!($own $filter, TcpEntry);)+)?
        }
        impl $crate::entry::TcpEntry for $filter {
            const PHASES: &'static [&'static str] = &[$(::core::stringify!($phase)),+];
            $($crate::__tcp_phase!($phase);)+
        }
        const _: () = {
            $crate::__check_tcp_phases!($filter);
            $crate::__check_plugin_phases!($filter, "tcp_filter!", $($($own)+)?);
        };
        $crate::__export!(register_tcp::<$filter>, $($crate::__tcp_phase!(exports $phase)),+);
    };
}

/// Expands to the methods for a phase of the plugin itself, or for `Specialize`.
#[doc(hidden)]
#[macro_export]
macro_rules! __plugin_phase {
    (Tick $filter:ty, $Entry:ident) => {
        fn tick_period(&self) -> ::core::option::Option<u32> {
            ::core::option::Option::Some($crate::entry::milliseconds($crate::plugin::OnTick::period(self)))
        }
        fn tick(&self) {
            $crate::plugin::OnTick::on_tick(self);
        }
    };
    (Specialize $filter:ty, $Entry:ident) => {
        $crate::__specialize!($filter, $Entry);
    };
    ($phase:ident $filter:ty, $Entry:ident) => {
        ::core::compile_error!(::core::concat!(
            "unknown phase `",
            ::core::stringify!($phase),
            "` after the semicolon: only `Tick` and `Specialize` are valid there"
        ));
    };
}

/// Checks that each phase of the plugin that the type implements is registered.
#[doc(hidden)]
#[macro_export]
macro_rules! __check_plugin_phases {
    ($filter:ty, $macro:literal, $($own:ident)*) => {
        ::core::assert!(
            !$crate::entry::Implements::<$filter>::TICK
                || $crate::entry::is_registered(&[$(::core::stringify!($own)),*], "Tick"),
            ::core::concat!(
                "the filter implements `OnTick`, which is never called: add `; Tick` to `", $macro, "`"
            ),
        );
        ::core::assert!(
            !$crate::entry::Implements::<$filter>::SPECIALIZE
                || $crate::entry::is_registered(&[$(::core::stringify!($own)),*], "Specialize"),
            ::core::concat!(
                "the filter implements `Specialize`, which nothing uses: add `; Specialize` to `", $macro, "`"
            ),
        );
    };
}
