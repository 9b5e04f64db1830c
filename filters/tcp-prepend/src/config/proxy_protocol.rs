//! Headers of HAProxy's PROXY protocol.

use std::net::SocketAddr;

use proxy_filter::config::{ConfigError, Invalid};
use proxy_filter::template::ConnectionTemplate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::check_size;
use crate::payload::{Payload, Tlv};
use crate::proxy_protocol::{Endpoints, version_2};

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "Fields")]
#[serde(try_from = "Fields")]
pub(super) struct ProxyProtocolConfig(pub(super) Payload);

/// A header of HAProxy's PROXY protocol.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ProxyProtocol")]
#[serde(deny_unknown_fields, expecting = "a PROXY protocol header, such as {\"version\": 2}")]
struct Fields {
    /// The protocol's version: 1, a line of text, or 2, bytes that may carry TLVs.
    #[schemars(extend("enum" = [1, 2]))]
    version: u16,
    /// In version 2: fields to send besides the addresses. None by default.
    #[serde(default)]
    tlvs: Vec<TlvConfig>,
}

/// A type and its value.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Tlv")]
#[serde(deny_unknown_fields, expecting = "a TLV, such as {\"type\": \"0xE0\", \"value\": \"blue\"}")]
struct TlvConfig {
    /// One byte in hexadecimal, such as `0xE0`.
    #[serde(rename = "type")]
    #[schemars(example = &"0xE0")]
    kind: TlvType,
    /// Text with `%ATTR(name)%` for attributes of the connection.
    #[schemars(example = &"%ATTR(connection.requested_server_name)%")]
    value: ConnectionTemplate,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
struct TlvType(u8);

impl TryFrom<Fields> for ProxyProtocolConfig {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let Fields { version, tlvs } = fields;
        match version {
            1 if !tlvs.is_empty() => {
                Err(ConfigError::new("version 1 has no TLVs: use version 2").in_field("tlvs").into())
            }
            1 => Ok(Self(Payload::ProxyV1)),
            2 => {
                let tlv = |tlv: TlvConfig| Tlv { kind: tlv.kind.0, value: tlv.value };
                let tlvs: Vec<_> = tlvs.into_iter().map(tlv).collect();
                check_min_size(&tlvs)?;
                Ok(Self(Payload::ProxyV2(tlvs)))
            }
            other => {
                let wrong = format!("unknown version {other}: use 1 or 2");
                Err(ConfigError::new(wrong).in_field("version").into())
            }
        }
    }
}

/// Checks that the parts whose size is already known fit into a payload.
fn check_min_size(tlvs: &[Tlv]) -> Result<(), ConfigError> {
    let any: SocketAddr = ([0; 16], 0).into();
    let known: Vec<_> = tlvs.iter().map(|tlv| (tlv.kind, vec![0; tlv.value.min_size()])).collect();
    check_size(version_2(Endpoints::of(any, any), &known).len())
}

impl TryFrom<String> for TlvType {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let is_byte =
            |digits: &&str| digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match digits.filter(is_byte).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(0x03) => Err(Invalid::new(
                "0x03 is a checksum, which this filter does not compute: use a type from 0xE0 to 0xEF",
            )),
            Some(0x20) => Err(Invalid::new(
                "0x20 contains the fields 0x21 to 0x25, which this filter does not write: use a type from 0xE0 to 0xEF",
            )),
            Some(kind) => Ok(Self(kind)),
            None => {
                Err(Invalid::new(format_args!("`{text}` is not a byte in hexadecimal: write it like `0xE0`")))
            }
        }
    }
}
