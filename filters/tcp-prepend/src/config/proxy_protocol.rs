//! Headers of HAProxy's PROXY protocol.

use proxy_filter::config::{ConfigError, Invalid};
use proxy_filter::matching::Network;
use proxy_filter::template::ConnectionTemplate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::{check_size, from_hex};
use crate::header::{Header, Tlv};
use crate::merge::Merge;
use crate::payload::Payload;
use crate::proxy_protocol::{BEFORE_VALUE, WITH_CHECKSUM, WITHOUT_TLVS};
use crate::tls::Tls;

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
    /// In version 2: whether to send a checksum, CRC32C. Default: false.
    #[serde(default)]
    crc32c: bool,
    /// In version 2: whether to send what Envoy knows about the client's TLS. Default: false.
    #[serde(default)]
    tls: bool,
    /// With `tls`: whether to tell the receiver that client certificates are verified. Set it only if the listener refuses all
    /// others. Default: false.
    #[serde(default)]
    tls_verified: bool,
    /// Which clients send a PROXY protocol header themselves: the filter removes it, and sends its addresses and TLVs in its
    /// own. None by default.
    merge: Option<MergeConfig>,
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
    value: Option<ConnectionTemplate>,
    /// Instead of `value`: two hexadecimal digits for each byte; white space is ignored.
    #[schemars(example = &"01 4c e1 f0 00")]
    hex: Option<String>,
}

/// Clients that send a PROXY protocol header.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Merge")]
#[serde(deny_unknown_fields, expecting = "trusted clients, such as {\"from\": [\"10.0.0.0/8\"]}")]
struct MergeConfig {
    /// Networks, or addresses, of the clients whose header is read. The bytes of all other clients are not.
    #[schemars(example = &"10.0.0.0/8")]
    from: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
struct TlvType(u8);

impl TryFrom<Fields> for ProxyProtocolConfig {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let wrong = |field, wrong: &str| Err(ConfigError::new(wrong).in_field(field).into());
        let is_binary = fields.version == 2;
        if !is_binary && fields.version != 1 {
            return wrong("version", &format!("unknown version {}: use 1 or 2", fields.version));
        }
        let beyond = [("tlvs", !fields.tlvs.is_empty()), ("crc32c", fields.crc32c), ("tls", fields.tls)];
        if let Some((field, _)) = beyond.into_iter().find(|(_, is_given)| *is_given && !is_binary) {
            return wrong(field, "version 1 has no TLVs: use version 2");
        }
        if fields.tls_verified && !fields.tls {
            return wrong(
                "tls_verified",
                "it describes the client's TLS: set `tls` too, or remove this field",
            );
        }
        let mut tlvs = Vec::with_capacity(fields.tlvs.len());
        for (index, config) in fields.tlvs.into_iter().enumerate() {
            tlvs.push(tlv(config).map_err(|error| error.in_item(index).in_field("tlvs"))?);
        }
        let tls = fields.tls.then_some(Tls { is_verified: fields.tls_verified });
        let merge = fields.merge.map(networks).transpose().map_err(|error| error.in_field("merge.from"))?;
        let header = Header { is_binary, tlvs, is_checked: fields.crc32c, tls, merge };
        check_min_size(&header)?;
        Ok(Self(Payload::Proxy(header.into())))
    }
}

fn tlv(config: TlvConfig) -> Result<Tlv, ConfigError> {
    let value = match (config.value, config.hex) {
        (Some(value), None) => value,
        (None, Some(hex)) => {
            ConnectionTemplate::of_bytes(from_hex(&hex).map_err(|error| error.in_field("hex"))?)
        }
        _ => return Err(ConfigError::new("give exactly one of `value`, `hex`")),
    };
    Ok(Tlv { kind: config.kind.0, value })
}

/// Not `Texts<Network>`, which would add two kilobytes to the module.
fn networks(config: MergeConfig) -> Result<Merge, ConfigError> {
    let mut networks = Vec::with_capacity(config.from.len());
    for (index, text) in config.from.into_iter().enumerate() {
        networks.push(Network::try_from(text).map_err(|error| ConfigError::from(error).in_item(index))?);
    }
    match networks.is_empty() {
        true => Err(ConfigError::new("the list is empty: give at least one network")),
        false => Ok(Merge(networks)),
    }
}

/// Checks that the parts whose size is already known fit into a payload.
fn check_min_size(header: &Header) -> Result<(), ConfigError> {
    let without = if header.is_checked { WITH_CHECKSUM } else { WITHOUT_TLVS };
    let sizes = header.tlvs.iter().map(|tlv| tlv.value.min_size().saturating_add(BEFORE_VALUE));
    check_size(sizes.fold(without, usize::saturating_add))
}

impl TryFrom<String> for TlvType {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let is_byte =
            |digits: &&str| digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match digits.filter(is_byte).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(0x03) => Err(Invalid::new("0x03 is a checksum: remove this TLV and set `crc32c` to true")),
            Some(0x20..=0x25) => Err(Invalid::new(format_args!(
                "{text} describes the client's TLS: remove this TLV and set `tls` to true"
            ))),
            Some(kind) => Ok(Self(kind)),
            None => {
                Err(Invalid::new(format_args!("`{text}` is not a byte in hexadecimal: write it like `0xE0`")))
            }
        }
    }
}
