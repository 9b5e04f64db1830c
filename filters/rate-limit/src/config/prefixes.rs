//! How many bits of an address identify a client.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

/// How many bits of an address identify a client.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Prefixes")]
#[serde(deny_unknown_fields, expecting = "prefixes, such as {\"ipv6_prefix\": 56}")]
pub(crate) struct PrefixesConfig {
    /// Bits of an IPv4 address. Default: 32.
    pub(crate) ipv4_prefix: Option<PrefixLength<32>>,
    /// Bits of an IPv6 address. Default: 64, which is one home or office.
    pub(crate) ipv6_prefix: Option<PrefixLength<128>>,
}

/// The length of a prefix of an address with so many bits.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(inline, with = "u32", description = "")]
#[serde(try_from = "u32")]
pub(crate) struct PrefixLength<const BITS: u32>(pub(crate) u32);

impl<const BITS: u32> TryFrom<u32> for PrefixLength<BITS> {
    type Error = Invalid;

    fn try_from(length: u32) -> Result<Self, Invalid> {
        match length <= BITS {
            true => Ok(Self(length)),
            false => Err(Invalid::new(format_args!("{length} is too long: such an address has {BITS} bits"))),
        }
    }
}
