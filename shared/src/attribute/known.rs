//! The attributes that Envoy documents.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use super::Attribute;
use super::text::{ShowAttribute as _, ToText};

macro_rules! attributes {
    ($($(#[$doc:meta])+ $name:ident: $type:ty = $first:literal $(. $rest:literal)*;)+) => {
        $($(#[$doc])+
        pub const $name: Attribute<$type> = Attribute::new(concat!($first $(, "\0", $rest)*));)+

        /// Every attribute above, with the function that converts its bytes to text.
        pub(super) const ALL: &[(&str, ToText)] = &[$((concat!($first $(, "\0", $rest)*), <$type>::to_text)),+];

        /// The attributes above whose values are text.
        pub(super) const TEXTS: &[Option<&str>] =
            &[$(if <$type>::IS_TEXT { Some(concat!($first $(, "\0", $rest)*)) } else { None }),+];
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
    /// Where the response came from or why it failed, for example `via_upstream`.
    RESPONSE_CODE_DETAILS: String = "response"."code_details";
    /// Envoy's response flags, one bit each.
    RESPONSE_FLAGS: i64 = "response"."flags";
    /// The client's address. It respects Envoy's `use_remote_address` and `xff_num_trusted_hops`, so there is
    /// no need to parse `x-forwarded-for`. An address from that header has port 0.
    SOURCE_ADDRESS: SocketAddr = "source"."address";
    /// The client's port.
    SOURCE_PORT: i64 = "source"."port";
    /// The address that the client connected to.
    DESTINATION_ADDRESS: SocketAddr = "destination"."address";
    /// The port that the client connected to.
    DESTINATION_PORT: i64 = "destination"."port";
    /// Envoy's id of the client's connection.
    CONNECTION_ID: u64 = "connection"."id";
    /// Whether the client presented a certificate.
    CONNECTION_MTLS: bool = "connection"."mtls";
    /// The server name that the client requested (SNI).
    CONNECTION_REQUESTED_SERVER_NAME: String = "connection"."requested_server_name";
    /// The TLS version of the client's connection, for example `TLSv1.3`.
    CONNECTION_TLS_VERSION: String = "connection"."tls_version";
    /// The subject of the client's certificate.
    CONNECTION_SUBJECT_PEER_CERTIFICATE: String = "connection"."subject_peer_certificate";
    /// The first URI among the subject alternative names of the client's certificate.
    CONNECTION_URI_SAN_PEER_CERTIFICATE: String = "connection"."uri_san_peer_certificate";
    /// The first DNS name among the subject alternative names of the client's certificate.
    CONNECTION_DNS_SAN_PEER_CERTIFICATE: String = "connection"."dns_san_peer_certificate";
    /// The upstream's port.
    UPSTREAM_PORT: i64 = "upstream"."port";
    /// The upstream's address.
    UPSTREAM_ADDRESS: SocketAddr = "upstream"."address";
    /// The name of the chosen route.
    ROUTE_NAME: String = "xds"."route_name";
    /// The name of the chosen cluster.
    CLUSTER_NAME: String = "xds"."cluster_name";
    /// 1 for an inbound listener, 2 for an outbound one, 0 if the configuration does not specify it.
    LISTENER_DIRECTION: i64 = "xds"."listener_direction";
    /// The `name` that the proxy's configuration gives this plugin.
    PLUGIN_NAME: String = "plugin_name";
    /// The plugin's `root_id`.
    PLUGIN_ROOT_ID: String = "plugin_root_id";
    /// The plugin's `vm_id`.
    PLUGIN_VM_ID: String = "plugin_vm_id";
}
