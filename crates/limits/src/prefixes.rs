//! How many bits of an address identify a client.

use proxy_filter::config::{ConfigError, Invalid};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[schemars(
    rename = "Prefixes",
    with = "Fields",
    description = "How many bits of an address identify a client."
)]
#[serde(try_from = "Fields")]
/// How many bits of an address identify a client, as JSON.
pub struct PrefixesConfig {
    /// Bits of an IPv4 address, if given.
    pub ipv4: Option<u8>,
    /// Bits of an IPv6 address, if given.
    pub ipv6: Option<u8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "prefixes, such as {\"ipv6_prefix\": 56}")]
struct Fields {
    /// Bits of an IPv4 address, 0 to 32. Default: 32, which is a single address.
    #[schemars(extend("maximum" = 32, "default" = 32))]
    ipv4_prefix: Option<u32>,
    /// Bits of an IPv6 address, 0 to 128. Default: 64, which is one home or office.
    #[schemars(extend("maximum" = 128, "default" = 64))]
    ipv6_prefix: Option<u32>,
}

impl TryFrom<Fields> for PrefixesConfig {
    type Error = Invalid;

    fn try_from(Fields { ipv4_prefix, ipv6_prefix }: Fields) -> Result<Self, Invalid> {
        Ok(Self {
            ipv4: checked(ipv4_prefix, "ipv4_prefix", 32)?,
            ipv6: checked(ipv6_prefix, "ipv6_prefix", 128)?,
        })
    }
}

/// Checks that an address has as many bits as a prefix.
fn checked(length: Option<u32>, field: &str, bits: u8) -> Result<Option<u8>, ConfigError> {
    let Some(length) = length else { return Ok(None) };
    match u8::try_from(length) {
        Ok(length) if length <= bits => Ok(Some(length)),
        _ => {
            let wrong = format_args!("{length} is too long: such an address has {bits} bits").to_string();
            Err(ConfigError::new(wrong).in_field(field))
        }
    }
}
