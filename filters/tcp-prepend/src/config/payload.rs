//! Payloads.

use proxy_filter::config::{ConfigError, Invalid};
use proxy_filter::template::ConnectionTemplate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::{check_size, from_base64, from_hex};
use super::proxy_protocol::ProxyProtocolConfig;
use crate::payload::Payload;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "Fields")]
#[serde(try_from = "Fields")]
pub(crate) struct PayloadConfig(pub(crate) Payload);

/// The bytes to send, 4 KiB at most: one of these.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Payload")]
#[serde(deny_unknown_fields, expecting = "a payload, such as {\"text\": \"hello\"}")]
struct Fields {
    /// Text, sent as UTF-8.
    #[schemars(example = &"hello from envoy\n")]
    text: Option<String>,
    /// Two hexadecimal digits for each byte; white space is ignored.
    #[schemars(example = &"0d 0a")]
    hex: Option<String>,
    /// Base64 as in RFC 4648, section 4, with padding; white space is ignored.
    #[schemars(example = &"/wD/AA==")]
    base64: Option<String>,
    /// Text with `%ATTR(name)%` for attributes of the connection.
    #[schemars(example = &"client=%ATTR(source.address)%\n")]
    template: Option<String>,
    /// A PROXY protocol header, which tells the upstream the client's address.
    proxy_protocol: Option<ProxyProtocolConfig>,
}

/// The texts are checked here rather than by types of their own: each type would add a kilobyte to the module.
impl TryFrom<Fields> for PayloadConfig {
    type Error = Invalid;

    #[inline(never)]
    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let Fields { text, hex, base64, template: source, proxy_protocol } = fields;
        let texts = [("text", text), ("hex", hex), ("base64", base64), ("template", source)];
        let mut given = texts.into_iter().filter_map(|(field, text)| Some((field, text?)));
        match (given.next(), given.next(), proxy_protocol) {
            (Some((field, text)), None, None) => {
                payload(field, text).map(Self).map_err(|error| error.in_field(field).into())
            }
            (None, None, Some(header)) => Ok(Self(header.0)),
            _ => {
                Err(Invalid::new("give exactly one of `text`, `hex`, `base64`, `template`, `proxy_protocol`"))
            }
        }
    }
}

fn payload(field: &str, text: String) -> Result<Payload, ConfigError> {
    fixed(match field {
        "hex" => from_hex(&text)?,
        "base64" => from_base64(&text)?,
        "template" => return template(&text),
        _ => text.into_bytes(),
    })
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
