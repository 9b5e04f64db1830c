//! Client networks.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::config::Invalid;

/// A network, or one address.
///
/// ```
/// use std::net::IpAddr;
///
/// use proxy_filter::matching::Network;
///
/// let network = Network::try_from("10.0.0.0/8".to_owned()).unwrap();
/// assert!(network.contains(IpAddr::from([10, 1, 2, 3])));
/// assert!(!network.contains(IpAddr::from([11, 1, 2, 3])));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl TryFrom<String> for Network {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        network(&text).map(|network| Self(canonical(network))).ok_or_else(|| {
            Invalid::new(format_args!(
                "`{text}` is not a network: write it like `10.0.0.0/8`, `2001:db8::/32` or `10.0.0.1`"
            ))
        })
    }
}

fn network(text: &str) -> Option<IpNet> {
    let Some((address, bits)) = text.split_once('/') else {
        return text.parse::<IpAddr>().ok().map(IpNet::from);
    };
    // Numbers may have a sign elsewhere.
    let is_number = bits.bytes().all(|byte| byte.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let bits = Some(bits).filter(|_| is_number)?;
    IpNet::new(address.parse().ok()?, bits.parse().ok()?).ok()
}

impl Network {
    /// Returns whether the network has this address. An IPv4-mapped IPv6 address counts as the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        // Not `IpNet::contains`, which takes two kilobytes of a module.
        let alike = match (self.0.addr(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros()
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros()
            }
            _ => return false,
        };
        alike >= u32::from(self.0.prefix_len())
    }
}

/// Converts a network of IPv4-mapped IPv6 addresses to IPv4, as the layer does with clients' addresses.
fn canonical(network: IpNet) -> IpNet {
    const MAPPED: u8 = 96;
    let bits = network.prefix_len().checked_sub(MAPPED);
    let ipv4 = bits.and_then(|bits| IpNet::new(network.addr().to_canonical(), bits).ok());
    ipv4.filter(|network| network.addr().is_ipv4()).unwrap_or(network)
}
