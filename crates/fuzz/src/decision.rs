//! What the rate limit service answers, as protobuf (`envoy/service/ratelimit/v3/rls.proto`), and which of its headers are used.

use prost::Message;

use crate::headers::{is_name, is_value};

/// `envoy.service.ratelimit.v3.RateLimitResponse`.
#[derive(Clone, PartialEq, Message)]
pub struct Decision {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(message, repeated, tag = "2")]
    pub statuses: Vec<Status>,
    #[prost(message, repeated, tag = "3")]
    pub to_client: Vec<Header>,
    #[prost(message, repeated, tag = "4")]
    pub to_upstream: Vec<Header>,
    #[prost(bytes = "vec", tag = "5")]
    pub body: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Status {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(message, optional, tag = "2")]
    pub limit: Option<Limit>,
    #[prost(uint32, tag = "3")]
    pub remaining: u32,
    #[prost(message, optional, tag = "4")]
    pub reset: Option<prost_types::Duration>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Limit {
    #[prost(uint32, tag = "1")]
    pub requests: u32,
    #[prost(int32, tag = "2")]
    pub unit: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct Header {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub value: String,
    #[prost(bytes = "vec", tag = "3")]
    pub raw: Vec<u8>,
}

/// Returns whether a filter may set a header.
pub fn is_settable(name: &str) -> bool {
    let refused = [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
    ];
    is_name(name.as_bytes()) && !refused.contains(&name) && !name.starts_with("grpc-")
}

/// Returns the headers that a filter may set, in order.
pub fn settable(headers: &[Header]) -> Vec<(String, Vec<u8>)> {
    let pairs = headers.iter().map(|header| {
        let value = if header.value.is_empty() { header.raw.as_slice() } else { header.value.as_bytes() };
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
        let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
        (header.name.to_ascii_lowercase(), value[start..end].to_vec())
    });
    pairs.filter(|(name, value)| is_settable(name) && is_value(value)).collect()
}
