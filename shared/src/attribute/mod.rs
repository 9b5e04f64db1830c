//! Typed attributes: what Envoy knows about a request, a connection or a plugin.
//!
//! Names and types follow Envoy's documentation, "Attributes"; the encoding of each type follows
//! `serializeValue` in Envoy's `source/extensions/common/wasm/context.cc`.
//!
//! Which attributes have a value depends on the phase: those of the request only in its header phase and at
//! the end of the stream, those of the response from its headers on, those of the upstream once Envoy has
//! chosen it, and those of the connection throughout a stream. Outside of a stream none of these has one.
//!
//! Reading an attribute costs about 10k instructions, however small it is. `request.headers` is not here,
//! because reading all of it can crash Envoy (envoy#24188): use the header views instead.

mod named;

pub(crate) use named::Named;
use named::{ShowAttribute, ToText};

use std::borrow::Cow;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::headers::HeaderPairs;
use crate::sys::{self, HostError, found};

/// An attribute with a value of type `T`.
///
/// ```
/// # use proxy_filter::headers::*;
/// # use proxy_filter::prelude::*;
/// # use proxy_model::{Request, scratch};
/// # scratch::on_request_headers(Request::get("/a?b=c").header("x-a", "1").header("x-a", "2"), |headers| {
/// use proxy_filter::attribute;
///
/// assert_eq!(attribute::REQUEST_METHOD.get()?.as_deref(), Some(b"GET".as_slice()));
/// # Ok(Flow::Continue)
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Attribute<T> {
    /// Segments, separated by zero bytes.
    path: Cow<'static, str>,
    value: PhantomData<fn() -> T>,
}

macro_rules! attributes {
    ($($(#[$doc:meta])+ $name:ident: $type:ty = $first:literal $(. $rest:literal)*;)+) => {
        $($(#[$doc])+
        pub const $name: Attribute<$type> = Attribute::new(concat!($first $(, "\0", $rest)*));)+

        /// Every attribute above, with the function that turns its bytes into text.
        const ALL: &[(&str, ToText)] = &[$((concat!($first $(, "\0", $rest)*), <$type>::to_text)),+];
    };
}

attributes! {
    /// The request's target, query included.
    REQUEST_PATH: Vec<u8> = "request"."path";
    /// The request's target without its query.
    REQUEST_URL_PATH: Vec<u8> = "request"."url_path";
    /// The request's query, without the question mark.
    REQUEST_QUERY: Vec<u8> = "request"."query";
    /// The request's authority.
    REQUEST_HOST: Vec<u8> = "request"."host";
    /// The request's method.
    REQUEST_METHOD: Vec<u8> = "request"."method";
    /// The request's scheme.
    REQUEST_SCHEME: Vec<u8> = "request"."scheme";
    /// The value of `x-request-id`.
    REQUEST_ID: Vec<u8> = "request"."id";
    /// `HTTP/1.1`, `HTTP/2` and the like.
    REQUEST_PROTOCOL: String = "request"."protocol";
    /// When the first byte of the request arrived.
    REQUEST_TIME: SystemTime = "request"."time";
    /// How long the stream took, once it is over.
    REQUEST_DURATION: Duration = "request"."duration";
    /// The size of the request's body in bytes, once it is known.
    REQUEST_SIZE: i64 = "request"."size";
    /// The response's status.
    RESPONSE_CODE: i64 = "response"."code";
    /// Why the response is what it is, for example `via_upstream`.
    RESPONSE_CODE_DETAILS: String = "response"."code_details";
    /// Envoy's response flags, one bit each.
    RESPONSE_FLAGS: i64 = "response"."flags";
    /// The client's address. It follows Envoy's `use_remote_address` and `xff_num_trusted_hops`, so there
    /// is no need to parse `x-forwarded-for`. An address from that header has port 0.
    SOURCE_ADDRESS: SocketAddr = "source"."address";
    /// The client's port.
    SOURCE_PORT: i64 = "source"."port";
    /// The address that the client connected to.
    DESTINATION_ADDRESS: SocketAddr = "destination"."address";
    /// The port that the client connected to.
    DESTINATION_PORT: i64 = "destination"."port";
    /// Envoy's number for the client's connection.
    CONNECTION_ID: u64 = "connection"."id";
    /// Whether the client presented a certificate.
    CONNECTION_MTLS: bool = "connection"."mtls";
    /// The server name that the client asked for (SNI).
    CONNECTION_REQUESTED_SERVER_NAME: String = "connection"."requested_server_name";
    /// The TLS version of the client's connection, for example `TLSv1.3`.
    CONNECTION_TLS_VERSION: String = "connection"."tls_version";
    /// The subject of the client's certificate.
    CONNECTION_SUBJECT_PEER_CERTIFICATE: String = "connection"."subject_peer_certificate";
    /// The first URI among the names of the client's certificate.
    CONNECTION_URI_SAN_PEER_CERTIFICATE: String = "connection"."uri_san_peer_certificate";
    /// The first DNS name among the names of the client's certificate.
    CONNECTION_DNS_SAN_PEER_CERTIFICATE: String = "connection"."dns_san_peer_certificate";
    /// The upstream's port.
    UPSTREAM_PORT: i64 = "upstream"."port";
    /// The upstream's address.
    UPSTREAM_ADDRESS: SocketAddr = "upstream"."address";
    /// The name of the chosen route.
    ROUTE_NAME: String = "xds"."route_name";
    /// The name of the chosen cluster.
    CLUSTER_NAME: String = "xds"."cluster_name";
    /// 1 for an inbound listener, 2 for an outbound one, 0 if the configuration does not say.
    LISTENER_DIRECTION: i64 = "xds"."listener_direction";
    /// The `name` that the proxy's configuration gives this plugin.
    PLUGIN_NAME: String = "plugin_name";
    /// The plugin's `root_id`.
    PLUGIN_ROOT_ID: String = "plugin_root_id";
    /// The plugin's `vm_id`.
    PLUGIN_VM_ID: String = "plugin_vm_id";
}

impl<T: FromAttribute> Attribute<T> {
    const fn new(path: &'static str) -> Self {
        Self { path: Cow::Borrowed(path), value: PhantomData }
    }

    /// Names an attribute that this module does not list.
    pub fn at(segments: &[&str]) -> Self {
        Self { path: Cow::Owned(segments.join("\0")), value: PhantomData }
    }

    /// Names a value in the stream's dynamic metadata, which other filters set.
    pub fn metadata(namespace: &str, key: &str) -> Self {
        Self::at(&["metadata", "filter_metadata", namespace, key])
    }

    /// Reads the value. Returns `None` if the attribute has no value in this phase; an empty value is one.
    ///
    /// # Errors
    /// Returns [`HostError::ParseFailure`] if the value is not a `T`, otherwise the host's error.
    pub fn get(&self) -> Result<Option<T>, HostError> {
        let bytes = found(sys::get_property(self.path.as_bytes()))?;
        bytes.map(|bytes| T::from_attribute(bytes).ok_or(HostError::ParseFailure)).transpose()
    }
}

/// A type that can be decoded from an attribute's bytes.
///
/// ```
/// use proxy_filter::attribute::FromAttribute;
///
/// /// A percentage.
/// #[derive(Debug, PartialEq)]
/// struct Percent(i64);
///
/// impl FromAttribute for Percent {
///     fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
///         i64::from_attribute(bytes).filter(|number| (0..=100).contains(number)).map(Self)
///     }
/// }
/// assert_eq!(Percent::from_attribute(50_i64.to_le_bytes().to_vec()), Some(Percent(50)));
/// ```
pub trait FromAttribute: Sized {
    /// Decodes the bytes. Returns `None` if they do not encode a value of this type.
    fn from_attribute(bytes: Vec<u8>) -> Option<Self>;
}

impl FromAttribute for Vec<u8> {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Some(bytes)
    }
}

impl FromAttribute for String {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Self::from_utf8(bytes).ok()
    }
}

impl FromAttribute for SocketAddr {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        std::str::from_utf8(&bytes).ok()?.parse().ok()
    }
}

impl FromAttribute for i64 {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl FromAttribute for u64 {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl FromAttribute for bool {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        match bytes.as_slice() {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl FromAttribute for f64 {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_le_bytes)
    }
}

impl FromAttribute for Duration {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        u64::try_from(i64::from_attribute(bytes)?).ok().map(Self::from_nanos)
    }
}

/// A map, such as `request.headers` or a node's labels.
impl FromAttribute for HeaderPairs {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        Some(Self::new(bytes))
    }
}

impl FromAttribute for SystemTime {
    fn from_attribute(bytes: Vec<u8>) -> Option<Self> {
        let nanoseconds = u64::try_from(i64::from_attribute(bytes)?).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(i64::from_attribute(vec![0xff; 8]), Some(-1));
        assert_eq!(u64::from_attribute(vec![1, 0, 0, 0, 0, 0, 0, 0]), Some(1));
        assert_eq!(i64::from_attribute(vec![1]), None);
        assert_eq!(bool::from_attribute(vec![1]), Some(true));
        assert_eq!(bool::from_attribute(vec![]), None);
        let address = SocketAddr::from_attribute(b"[2001:db8::1]:0".to_vec());
        assert_eq!(address.map(|address| address.ip().to_string()).as_deref(), Some("2001:db8::1"));
        assert_eq!(SocketAddr::from_attribute(b"/run/envoy.sock".to_vec()), None);
        let second = SystemTime::from_attribute(1_000_000_000_i64.to_le_bytes().to_vec());
        assert_eq!(second, Some(UNIX_EPOCH + Duration::from_secs(1)));
        assert_eq!(SOURCE_ADDRESS.path, "source\0address");
    }
}
