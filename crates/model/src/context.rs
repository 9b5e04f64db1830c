//! The host's state of a plugin or stream.

use std::collections::HashMap;
use std::time::Duration;

use proxy_filter::sys::{BufferType, MapType};

use crate::headers::Headers;
use crate::reply::Reply;

/// Values by path. Zero bytes separate a path's segments.
pub(crate) type Attributes = HashMap<Vec<u8>, Vec<u8>>;

/// A plugin or stream.
#[derive(Default)]
pub(crate) struct Context {
    /// Whether this is an HTTP or TCP stream, not a plugin.
    pub(crate) is_stream: bool,
    pub(crate) attributes: Attributes,
    pub(crate) filter_state: Attributes,
    /// The header maps of the running and paused phases. Hostcalls on other maps fail.
    pub(crate) maps: HashMap<MapType, Headers>,
    /// Trailers that a hostcall can create, for example at the end of a body without trailers.
    pub(crate) possible: Option<MapType>,
    /// The header maps that are read-only after the stream has ended.
    pub(crate) logged: Option<HashMap<MapType, Headers>>,
    pub(crate) buffers: HashMap<BufferType, Vec<u8>>,
    /// The request's headers as they arrived.
    pub(crate) request: Option<Headers>,
    pub(crate) reply: Option<Reply>,
    pub(crate) continued: bool,
    pub(crate) closed: bool,
    pub(crate) ticks: Option<Ticks>,
}

/// When a plugin ticks.
#[derive(Clone, Copy)]
pub(crate) struct Ticks {
    pub(crate) next: Duration,
    pub(crate) period: Duration,
}

impl Context {
    /// Returns whether the client uses gRPC.
    pub(crate) fn is_grpc(&self) -> bool {
        let request = self.maps.get(&MapType::RequestHeaders).or(self.request.as_ref());
        let kind = request.and_then(|headers| headers.first(b"content-type"));
        kind.is_some_and(|kind| kind.starts_with(b"application/grpc"))
    }
}
