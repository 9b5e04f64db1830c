//! Payloads.

use proxy_filter::config::Invalid;
use proxy_filter::template::ConnectionTemplate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bytes::{Base64, Hex, Text, check_size};
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
    /// A text, sent as UTF-8.
    text: Option<Text>,
    /// Two hexadecimal digits for each byte; white space is ignored.
    hex: Option<Hex>,
    /// Base64 as in RFC 4648, section 4, with padding; white space is ignored.
    base64: Option<Base64>,
    /// A text with `%ATTR(name)%` for attributes of the connection.
    template: Option<TextTemplate>,
    /// A preamble that tells the upstream the client's address.
    proxy_protocol: Option<ProxyProtocolConfig>,
}

impl TryFrom<Fields> for PayloadConfig {
    type Error = Invalid;

    fn try_from(fields: Fields) -> Result<Self, Invalid> {
        let Fields { text, hex, base64, template, proxy_protocol } = fields;
        let all = [
            text.map(|text| Payload::Fixed(text.0)),
            hex.map(|hex| Payload::Fixed(hex.0)),
            base64.map(|base64| Payload::Fixed(base64.0)),
            template.map(|template| template.0),
            proxy_protocol.map(|preamble| preamble.0),
        ];
        let mut given = all.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(payload), None) => Ok(Self(payload)),
            _ => {
                Err(Invalid::new("give exactly one of `text`, `hex`, `base64`, `template`, `proxy_protocol`"))
            }
        }
    }
}

/// A template that fits into a payload.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
struct TextTemplate(Payload);

impl TryFrom<String> for TextTemplate {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        let template = ConnectionTemplate::try_from(text)?;
        Ok(Self(match template.constant() {
            Some(bytes) => {
                check_size(bytes.len())?;
                Payload::Fixed(bytes.to_vec())
            }
            None => {
                check_size(template.min_size().max(1))?;
                Payload::Template(template)
            }
        }))
    }
}
