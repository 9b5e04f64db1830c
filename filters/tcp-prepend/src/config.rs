//! The configuration.

use data_encoding::{BASE64, DecodeKind, HEXLOWER_PERMISSIVE};
use proxy_filter::config::{ConfigError, each, from_json};
use proxy_filter::logging::Throttled;
use proxy_filter::template::ConnectionTemplate;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::Prefix;
use crate::payload::{LIMIT, Payload, Tlv};
use crate::proxy_protocol::{Endpoints, version_2};

/// What the tutorials of this field prepend.
const DEFAULT_TEXT: &str = "prepend payload to downstream data";

/// Configuration of tcp-prepend.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// What goes before what clients send. Without this and `to_client` it is the tutorials' text.
    to_upstream: Option<DirectionConfig>,
    /// What goes before what upstreams send.
    to_client: Option<DirectionConfig>,
    /// What becomes of a connection that lacks an attribute which a payload needs.
    #[serde(default)]
    on_missing: OnMissing,
    /// What is sent where a peer closes without having sent a byte.
    #[serde(default)]
    on_empty: OnEmpty,
}

/// What goes before the bytes of one direction.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a direction, such as {\"payload\": {\"text\": \"hello\"}}")]
struct DirectionConfig {
    /// The bytes.
    payload: Option<PayloadConfig>,
    /// Whether they go before every chunk, not only the connection's first.
    #[serde(default)]
    every_chunk: bool,
    /// With `every_chunk`, the chunks of a connection that get them, from the first on; else all.
    most_chunks: Option<u64>,
}

/// Bytes, 4 KiB at most: one of these.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a payload, such as {\"text\": \"hello\"}")]
struct PayloadConfig {
    /// As UTF-8.
    text: Option<String>,
    /// Two digits a byte; white space between bytes is left out.
    hex: Option<String>,
    /// As in RFC 4648, section 4, with padding.
    base64: Option<String>,
    /// A text with `%ATTR(name)%` for attributes of the connection.
    template: Option<String>,
    /// The preamble that tells an upstream who the client is.
    proxy_protocol: Option<ProxyProtocolConfig>,
}

/// A preamble of HAProxy's PROXY protocol.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a preamble, such as {\"version\": 2}")]
struct ProxyProtocolConfig {
    /// 1 or 2.
    version: u16,
    /// What it says besides the addresses, in version 2.
    #[serde(default)]
    tlvs: Vec<TlvConfig>,
}

/// A type, and a value of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a TLV, such as {\"type\": \"0xE0\", \"value\": \"blue\"}")]
struct TlvConfig {
    /// One byte in hexadecimal, such as `0xE0`.
    #[serde(rename = "type")]
    kind: String,
    /// A text with `%ATTR(name)%` for attributes of the connection.
    value: String,
}

/// What becomes of a connection that lacks an attribute which a payload needs.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum OnMissing {
    /// It is closed.
    #[default]
    Close,
    /// It goes on without that payload, or that TLV.
    Skip,
}

/// What is sent where a peer closes without having sent a byte.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
enum OnEmpty {
    /// Nothing.
    #[default]
    Skip,
    /// The payload.
    Send,
}

/// A configuration, compiled.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) to_upstream: Option<Prefix>,
    pub(crate) to_client: Option<Prefix>,
    pub(crate) skips_missing: bool,
    pub(crate) sends_on_empty: bool,
}

pub(crate) fn compile(configuration: &[u8]) -> Result<Compiled, ConfigError> {
    let mut config = match configuration.trim_ascii() {
        b"" => Config::default(),
        _ => from_json(configuration)?,
    };
    if config.to_client.is_none() {
        config.to_upstream.get_or_insert_default();
    }
    let direction = |config: Option<DirectionConfig>, field| {
        let compiled = config.map(|config| prefix(config, field)).transpose();
        compiled.map_err(|error: ConfigError| error.in_field(field))
    };
    Ok(Compiled {
        to_upstream: direction(config.to_upstream, "to_upstream")?,
        to_client: direction(config.to_client, "to_client")?,
        skips_missing: config.on_missing == OnMissing::Skip,
        sends_on_empty: config.on_empty == OnEmpty::Send,
    })
}

fn prefix(config: DirectionConfig, field: &'static str) -> Result<Prefix, ConfigError> {
    let DirectionConfig { payload, every_chunk, most_chunks } = config;
    let is_preamble = payload.as_ref().is_some_and(|payload| payload.proxy_protocol.is_some());
    if every_chunk && is_preamble {
        let reason = "a PROXY preamble stands at the beginning of a connection only: leave it out";
        return Err(ConfigError::new(reason).in_field("every_chunk"));
    }
    let chunks = match (every_chunk, most_chunks) {
        (true, Some(0)) => Err("0 chunks: leave the direction out"),
        (true, most) => Ok(most.unwrap_or(u64::MAX)),
        (false, None) => Ok(1),
        (false, Some(_)) => {
            Err("a payload goes before the first chunk only: set `every_chunk` too, or leave it out")
        }
    };
    let chunks = chunks.map_err(|reason| ConfigError::new(reason).in_field("most_chunks"))?;
    let payload = payload.map_or_else(|| Ok(Payload::Fixed(DEFAULT_TEXT.into())), compile_payload);
    let payload = payload.map_err(|error| error.in_field("payload"))?;
    Ok(Prefix { payload, chunks, field, misses: Throttled::default() })
}

fn compile_payload(config: PayloadConfig) -> Result<Payload, ConfigError> {
    let all = [
        config.text.map(|text| ("text", fixed(text.into_bytes()))),
        config.hex.map(|digits| ("hex", hex(&digits))),
        config.base64.map(|text| ("base64", base64(&text))),
        config.template.map(|text| ("template", template(&text))),
        config.proxy_protocol.map(|config| ("proxy_protocol", preamble(config))),
    ];
    let mut given = all.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some((field, payload)), None) => payload.map_err(|error| error.in_field(field)),
        _ => Err(ConfigError::new("give one of `text`, `hex`, `base64`, `template` and `proxy_protocol`")),
    }
}

fn hex(digits: &str) -> Result<Payload, ConfigError> {
    let dense = dense(digits, |c| c.is_ascii_hexdigit(), "two digits from 0 to f for each byte")?;
    let wrong = |_| ConfigError::new(format_args!("{} digits are not two for each byte", dense.len()));
    fixed(HEXLOWER_PERMISSIVE.decode(dense.as_bytes()).map_err(wrong)?)
}

fn base64(text: &str) -> Result<Payload, ConfigError> {
    let is_symbol = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    let dense = dense(text, is_symbol, "letters, digits, `+`, `/` and at the end `=`")?;
    let is_padded_within = dense.trim_end_matches('=').contains('=');
    let wrong =
        "it is not whole: four characters stand for three bytes, and only the last four may end in `=`";
    match BASE64.decode(dense.as_bytes()) {
        Ok(bytes) if !is_padded_within => fixed(bytes),
        Err(error) if error.kind == DecodeKind::Trailing => Err(ConfigError::new(
            "its last character stands for more bits than there are bytes: was it cut off?",
        )),
        _ => Err(ConfigError::new(wrong)),
    }
}

/// Without white space, which means nothing: it is where lines are broken.
fn dense(text: &str, is_symbol: fn(char) -> bool, expected: &str) -> Result<String, ConfigError> {
    let dense: String = text.split_ascii_whitespace().collect();
    match dense.chars().find(|c| !is_symbol(*c)) {
        Some(wrong) => Err(ConfigError::new(format_args!("`{}`: write {expected}", wrong.escape_debug()))),
        None => Ok(dense),
    }
}

fn fixed(bytes: Vec<u8>) -> Result<Payload, ConfigError> {
    check_size(bytes.len())?;
    Ok(Payload::Fixed(bytes))
}

fn template(text: &str) -> Result<Payload, ConfigError> {
    let template = ConnectionTemplate::parse(text)?;
    match template.constant() {
        Some(bytes) => fixed(bytes.to_vec()),
        None => {
            check_size(template.min_size().max(1))?;
            Ok(Payload::Template(template))
        }
    }
}

fn check_size(size: usize) -> Result<(), ConfigError> {
    match size {
        0 => Err(ConfigError::new("empty: give the bytes to send first, or leave the direction out")),
        1..=LIMIT => Ok(()),
        _ => Err(ConfigError::new(format_args!("{size} bytes: a payload has at most {LIMIT}"))),
    }
}

fn preamble(config: ProxyProtocolConfig) -> Result<Payload, ConfigError> {
    let has_tlvs = !config.tlvs.is_empty();
    match config.version {
        1 if has_tlvs => Err(ConfigError::new("version 1 has none: use version 2").in_field("tlvs")),
        1 => Ok(Payload::ProxyV1),
        2 => {
            let tlvs = each(config.tlvs, tlv).map_err(|error| error.in_field("tlvs"))?;
            check_preamble(&tlvs)?;
            Ok(Payload::ProxyV2(tlvs))
        }
        other => {
            Err(ConfigError::new(format_args!("there is no version {other}: use 1 or 2")).in_field("version"))
        }
    }
}

fn tlv(config: TlvConfig) -> Result<Tlv, ConfigError> {
    let kind = config.kind.strip_prefix("0x").or_else(|| config.kind.strip_prefix("0X"));
    let is_byte = |digits: &&str| digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let kind = kind.filter(is_byte).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let kind = match kind {
        Some(0x03) => Err("0x03 is a checksum of the preamble, which is not computed".into()),
        Some(0x20) => Err(
            "0x20 to 0x25 are fields within one of 0x20, which is not written: use a type from 0xE0 to 0xEF"
                .into(),
        ),
        Some(kind) => Ok(kind),
        None => Err(format!("`{}` is not a byte in hexadecimal, such as `0xE0`", config.kind)),
    };
    let kind = kind.map_err(|reason: String| ConfigError::new(reason).in_field("type"))?;
    let value = ConnectionTemplate::parse(&config.value).map_err(|error| error.in_field("value"))?;
    Ok(Tlv { kind, value })
}

/// Whether what is known now fits into a payload.
fn check_preamble(tlvs: &[Tlv]) -> Result<(), ConfigError> {
    let any: std::net::SocketAddr = ([0; 16], 0).into();
    let known = tlvs.iter().map(|tlv| (tlv.kind, vec![0; tlv.value.min_size()]));
    check_size(version_2(Endpoints::of(any, any), &known.collect::<Vec<_>>()).len())
}

#[cfg(test)]
mod tests;
