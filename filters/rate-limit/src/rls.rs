//! The messages of Envoy's Rate Limit Service v3, with the fields that the filter uses.
//!
//! Source: `envoy/service/ratelimit/v3/rls.proto`, `envoy/extensions/common/ratelimit/v3/ratelimit.proto` and
//! `envoy/config/core/v3/base.proto`.

use prost::Message;

pub(crate) const SERVICE: &str = "envoy.service.ratelimit.v3.RateLimitService";
pub(crate) const METHOD: &str = "ShouldRateLimit";

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Request {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) descriptors: Vec<Descriptor>,
    /// Tokens that the request takes of each descriptor without a `hits_addend` of its own.
    #[prost(uint32, tag = "3")]
    pub(crate) hits_addend: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Descriptor {
    #[prost(message, repeated, tag = "1")]
    pub(crate) entries: Vec<Entry>,
    /// `google.protobuf.UInt64Value`: tokens that the request takes of this descriptor.
    #[prost(message, optional, tag = "3")]
    pub(crate) hits_addend: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Entry {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    #[prost(enumeration = "Code", tag = "1")]
    pub(crate) overall_code: i32,
    /// One for each descriptor, in order.
    #[prost(message, repeated, tag = "2")]
    pub(crate) statuses: Vec<Status>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) response_headers_to_add: Vec<Header>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) request_headers_to_add: Vec<Header>,
    #[prost(bytes = "vec", tag = "5")]
    pub(crate) raw_body: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Code {
    Unknown = 0,
    Ok = 1,
    OverLimit = 2,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Status {
    #[prost(enumeration = "Code", tag = "1")]
    pub(crate) code: i32,
    #[prost(message, optional, tag = "2")]
    pub(crate) current_limit: Option<Limit>,
    #[prost(uint32, tag = "3")]
    pub(crate) limit_remaining: u32,
    #[prost(message, optional, tag = "4")]
    pub(crate) duration_until_reset: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Limit {
    #[prost(uint32, tag = "1")]
    pub(crate) requests_per_unit: u32,
    #[prost(enumeration = "Unit", tag = "2")]
    pub(crate) unit: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Unit {
    Unknown = 0,
    Second = 1,
    Minute = 2,
    Hour = 3,
    Day = 4,
    Month = 5,
    Year = 6,
    Week = 7,
}

impl Unit {
    pub(crate) fn seconds(self) -> Option<u64> {
        const DAY: u64 = 24 * 3600;
        match self {
            Self::Unknown => None,
            Self::Second => Some(1),
            Self::Minute => Some(60),
            Self::Hour => Some(3600),
            Self::Day => Some(DAY),
            Self::Week => Some(7 * DAY),
            Self::Month => Some(30 * DAY),
            Self::Year => Some(365 * DAY),
        }
    }
}

/// `google.protobuf.Duration`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct Duration {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

impl Duration {
    /// Rounds up to seconds.
    pub(crate) fn whole_seconds(&self) -> u64 {
        let seconds = u64::try_from(self.seconds).unwrap_or_default();
        seconds.saturating_add(u64::from(self.nanos > 0))
    }
}

/// `envoy.config.core.v3.HeaderValue`.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Header {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) raw_value: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with bytes that have the field numbers of Envoy's files.
    #[test]
    fn messages_on_the_wire() {
        let entries = vec![Entry { key: "k".into(), value: "v".into() }];
        let descriptors = vec![Descriptor { entries, hits_addend: Some(3) }];
        let request = Request { domain: "d".into(), descriptors, hits_addend: 4 };
        assert_eq!(
            request.encode_to_vec(),
            b"\x0a\x01d\x12\x0c\x0a\x06\x0a\x01k\x12\x01v\x1a\x02\x08\x03\x18\x04"
        );
        let status = Status {
            code: Code::OverLimit.into(),
            current_limit: Some(Limit { requests_per_unit: 5, unit: Unit::Minute.into() }),
            limit_remaining: 1,
            duration_until_reset: Some(Duration { seconds: 9, nanos: 1 }),
        };
        let header = Header { key: "a".into(), value: "b".into(), raw_value: Vec::new() };
        let response = Response {
            overall_code: Code::OverLimit.into(),
            statuses: vec![status],
            response_headers_to_add: vec![header.clone()],
            request_headers_to_add: vec![header],
            raw_body: b"c".to_vec(),
        };
        let bytes = b"\x08\x02\x12\x10\x08\x02\x12\x04\x08\x05\x10\x02\x18\x01\x22\x04\x08\x09\x10\x01\
                      \x1a\x06\x0a\x01a\x12\x01b\x22\x06\x0a\x01a\x12\x01b\x2a\x01c";
        assert_eq!(Response::decode(bytes.as_slice()), Ok(response));
    }
}
