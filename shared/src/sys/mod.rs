//! The host seam: one function for each hostcall the layer uses.
//!
//! On `wasm32` they are Proxy-Wasm imports (ABI 0.2.1), elsewhere they go to a [`Host`] that a test
//! installs for its thread. Nothing above this module knows which. It is the only place with
//! `unsafe` code and the only one that looks at the target.
//!
//! The externs are declared here rather than taken from `proxy_wasm::hostcalls`, whose wrappers
//! panic on statuses that hosts legitimately return and decode the status into an enum that lacks
//! five of them.

#[cfg(target_arch = "wasm32")]
mod wasm;
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::calls::*;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use wasm::{proxy_wasm, register_http, register_tcp};

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::calls::*;
#[cfg(not(target_arch = "wasm32"))]
pub use native::{Host, with_host};

pub use crate::error::HostError;
use crate::log::Level;

/// A header map of a stream or an answer, numbered as in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Map {
    /// The request's headers.
    RequestHeaders = 0,
    /// The request's trailers.
    RequestTrailers = 1,
    /// The response's headers.
    ResponseHeaders = 2,
    /// The response's trailers.
    ResponseTrailers = 3,
    /// The initial metadata of an answer to a gRPC call.
    GrpcInitialMetadata = 4,
    /// The trailing metadata of an answer to a gRPC call.
    GrpcTrailingMetadata = 5,
    /// The headers of an answer to an HTTP call.
    HttpCallResponseHeaders = 6,
    /// The trailers of an answer to an HTTP call.
    HttpCallResponseTrailers = 7,
}

/// A byte buffer of a stream, an answer or a plugin, numbered as in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Buffer {
    /// The request's body.
    RequestBody = 0,
    /// The response's body.
    ResponseBody = 1,
    /// Bytes read from the client, on their way to the upstream.
    DownstreamData = 2,
    /// Bytes read from the upstream, on their way to the client.
    UpstreamData = 3,
    /// The body of an answer to an HTTP call.
    HttpCallResponseBody = 4,
    /// The message of an answer to a gRPC call.
    GrpcReceiveBuffer = 5,
    /// The VM's configuration; readable while the VM starts.
    VmConfiguration = 6,
    /// The plugin's configuration; readable while it is being configured.
    PluginConfiguration = 7,
}

/// A direction of a stream, numbered as in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Side {
    /// An HTTP request.
    Request = 0,
    /// An HTTP response.
    Response = 1,
    /// A TCP connection's client side.
    Downstream = 2,
    /// A TCP connection's upstream side.
    Upstream = 3,
}

/// What a metric measures, numbered as in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Metric {
    /// A number that only grows.
    Counter = 0,
    /// A number that comes and goes.
    Gauge = 1,
    /// The distribution of values.
    Histogram = 2,
}

/// A reply that the host sends in the upstream's stead.
#[derive(Clone, Copy, Debug)]
pub struct LocalResponse<'a> {
    /// HTTP status code.
    pub status: u16,
    /// Response code details, for access logs (`%RESPONSE_CODE_DETAILS%`).
    pub details: &'a str,
    /// Serialized header pairs, see [`crate::headers::HeaderPairs`].
    pub headers: &'a [u8],
    /// Body bytes.
    pub body: &'a [u8],
    /// `grpc-status` for gRPC clients, -1 to let the host derive it from the HTTP status.
    pub grpc_status: i32,
}

/// An HTTP request that the filter itself makes.
#[derive(Clone, Copy, Debug)]
pub struct HttpCall<'a> {
    /// Envoy's name of the cluster.
    pub cluster: &'a [u8],
    /// Serialized header pairs, `:method`, `:path` and `:authority` among them.
    pub headers: &'a [u8],
    /// Body bytes.
    pub body: &'a [u8],
    /// How long the answer may take.
    pub timeout_milliseconds: u32,
}

/// A gRPC request that the filter itself makes.
#[derive(Clone, Copy, Debug)]
pub struct GrpcCall<'a> {
    /// A serialized `envoy.config.core.v3.GrpcService`. Envoy takes a plain cluster name too, but
    /// tries it as protobuf first, and a name that happens to be some aborts the process.
    pub service: &'a [u8],
    /// Full name of the gRPC service.
    pub service_name: &'a [u8],
    /// Name of its method.
    pub method: &'a [u8],
    /// Serialized pairs of initial metadata.
    pub metadata: &'a [u8],
    /// The serialized request.
    pub message: &'a [u8],
    /// How long the answer may take.
    pub timeout_milliseconds: u32,
}

/// Shared data as read: the bytes, and the number to write back with.
///
/// `value` is `None` where the value was removed but its key lives on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedValue {
    /// The bytes, `None` for a tombstone.
    pub value: Option<Vec<u8>>,
    /// Compare-and-swap number; changes with every write, never 0.
    pub cas: u32,
}
