//! Envoy's inline headers. Envoy keeps one value of each and changes it in place.
//!
//! The probe in `crates/probe` determined which headers these are, but for those that frame a message or belong to its
//! connection, and `x-forwarded-proto`: the probe cannot change these without breaking its own requests. Source:
//! Envoy's `envoy/http/header_map.h`, `INLINE_REQ_HEADERS` and the lists beside it.

use proxy_filter::sys::MapType;

use crate::headers::Headers;

const OF_REQUESTS: [&str; 31] = [
    "accept",
    "accept-encoding",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "grpc-timeout",
    "keep-alive",
    "origin",
    "proxy-connection",
    "referer",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-client-trace-id",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-external-address",
    "x-envoy-original-path",
    "x-forwarded-client-cert",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
];

const OF_RESPONSES: [&str; 20] = [
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "grpc-message",
    "grpc-status",
    "keep-alive",
    "location",
    "proxy-connection",
    "server",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "x-envoy-attempt-count",
    "x-envoy-decorator-operation",
    "x-envoy-upstream-service-time",
];

fn is_inline(map: MapType, name: &[u8]) -> bool {
    let inline = match map {
        MapType::RequestHeaders => OF_REQUESTS.as_slice(),
        MapType::ResponseHeaders => &OF_RESPONSES,
        _ => return false,
    };
    name.starts_with(b":") || name == b"x-request-id" || inline.iter().any(|header| header.as_bytes() == name)
}

/// Converts a header's name to the one in Envoy's map: lower case, and `:authority` for `host`.
pub(crate) fn name_in(map: MapType, name: &[u8]) -> Vec<u8> {
    match name.to_ascii_lowercase() {
        host if map == MapType::RequestHeaders && host == b"host" => b":authority".to_vec(),
        name => name,
    }
}

/// Adds a value at the end, or appends it to an inline header's value.
pub(crate) fn add(map: MapType, headers: &mut Headers, name: &[u8], value: &[u8]) {
    let name = name_in(map, name);
    match headers.in_place(&name).filter(|_| is_inline(map, &name)) {
        Some(joined) => *joined = [joined.as_slice(), b",", value].concat(),
        None => headers.append(name, value),
    }
}

/// Replaces all values of a header: an inline header's in place, others at the end.
pub(crate) fn replace(map: MapType, headers: &mut Headers, name: &[u8], value: &[u8]) {
    let name = name_in(map, name);
    match headers.in_place(&name).filter(|_| is_inline(map, &name)) {
        Some(old) => *old = value.to_vec(),
        None => headers.replace(&name, value),
    }
}
