//! The ABI's numbers, typed.

/// A value that crosses the ABI as one number.
pub trait Number: Copy {
    /// The type of the WebAssembly parameter.
    type Raw: Default;
    /// Returns the number for the value.
    fn to_raw(self) -> Self::Raw;
    /// Returns the value for a number, `None` if the number has no meaning.
    fn from_raw(raw: Self::Raw) -> Option<Self>;
}

macro_rules! plain_numbers {
    ($($number:ty)+) => {
        $(impl Number for $number {
            type Raw = Self;
            fn to_raw(self) -> Self {
                self
            }
            fn from_raw(raw: Self) -> Option<Self> {
                Some(raw)
            }
        })+
    };
}

plain_numbers!(u32 i32 u64 i64);

/// Sizes have 32 bits in a module. A larger one, which no module has, becomes `u32::MAX`.
impl Number for usize {
    type Raw = u32;
    fn to_raw(self) -> u32 {
        u32::try_from(self).unwrap_or(u32::MAX)
    }
    fn from_raw(raw: u32) -> Option<Self> {
        Self::try_from(raw).ok()
    }
}

macro_rules! enumerations {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$variant_doc:meta])+ $variant:ident = $number:literal,)+ })+) => {
        $($(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum $name {
            $($(#[$variant_doc])+ $variant = $number,)+
        }

        impl Number for $name {
            type Raw = u32;
            fn to_raw(self) -> u32 {
                self as u32
            }
            fn from_raw(raw: u32) -> Option<Self> {
                match raw {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        })+
    };
}

enumerations! {
    /// A header map of a stream or of a call response.
    MapType {
        /// The request's headers.
        RequestHeaders = 0,
        /// The request's trailers.
        RequestTrailers = 1,
        /// The response's headers.
        ResponseHeaders = 2,
        /// The response's trailers.
        ResponseTrailers = 3,
        /// The initial metadata of a gRPC call's response.
        GrpcInitialMetadata = 4,
        /// The trailing metadata of a gRPC call's response.
        GrpcTrailingMetadata = 5,
        /// The headers of an HTTP call's response.
        HttpCallResponseHeaders = 6,
        /// The trailers of an HTTP call's response.
        HttpCallResponseTrailers = 7,
    }
    /// A byte buffer of a stream, a call response or a plugin.
    BufferType {
        /// The request's body.
        RequestBody = 0,
        /// The response's body.
        ResponseBody = 1,
        /// Bytes from the client, on their way to the upstream.
        DownstreamData = 2,
        /// Bytes from the upstream, on their way to the client.
        UpstreamData = 3,
        /// The body of an HTTP call's response.
        HttpCallResponseBody = 4,
        /// The message of a gRPC call's response.
        GrpcReceiveBuffer = 5,
        /// The VM's configuration; readable while the VM starts.
        VmConfiguration = 6,
        /// The plugin's configuration; readable while the plugin is configured.
        PluginConfiguration = 7,
    }
    /// A direction of a stream.
    StreamType {
        /// An HTTP request.
        Request = 0,
        /// An HTTP response.
        Response = 1,
        /// A TCP connection's client side.
        Downstream = 2,
        /// A TCP connection's upstream side.
        Upstream = 3,
    }
    /// What a metric measures.
    MetricType {
        /// A number that only grows.
        Counter = 0,
        /// A number that rises and falls.
        Gauge = 1,
        /// The distribution of values.
        Histogram = 2,
    }
    /// The severity of a log line.
    LogLevel {
        /// Details of the filter's own work.
        Trace = 0,
        /// Decisions about single requests.
        Debug = 1,
        /// Rare events that are expected.
        Info = 2,
        /// Something is wrong, but the filter continues.
        Warn = 3,
        /// Something could not be done.
        Error = 4,
        /// The filter cannot continue. The layer logs panics at this level.
        Critical = 5,
        /// Nothing is logged: only as the proxy's level.
        Off = 6,
    }
}

/// Envoy's default level.
impl Default for LogLevel {
    fn default() -> Self {
        Self::Info
    }
}

/// Shared data as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedValue {
    /// The bytes; `None` if the value was removed but its key still exists.
    pub value: Option<Vec<u8>>,
    /// The compare-and-swap number to write back with. It changes with every write and is never 0.
    pub cas: u32,
}
