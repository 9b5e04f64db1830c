//! Identifies clients by network.

use std::net::IpAddr;

use ipnet::IpNet;

/// How many bits of an address identify a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefixes {
    pub(crate) ipv4: u32,
    pub(crate) ipv6: u32,
}

impl Prefixes {
    /// Builds the descriptor entry, as Envoy's actions `remote_address` and `masked_remote_address` write it.
    pub(super) fn entry(self, ip: IpAddr) -> (String, String) {
        let (prefix, bits) = if ip.is_ipv4() { (self.ipv4, 32) } else { (self.ipv6, 128) };
        let network = IpNet::new(ip, u8::try_from(prefix).unwrap_or(bits)).map(|network| network.trunc());
        match network {
            Ok(network) if prefix < u32::from(bits) => ("masked_remote_address".into(), network.to_string()),
            _ => ("remote_address".into(), ip.to_string()),
        }
    }

    /// Returns the bytes that identify a client: its network.
    pub(super) fn client(self, ip: IpAddr) -> Vec<u8> {
        match ip {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(u32::BITS.saturating_sub(self.ipv4)).unwrap_or(0);
                (u32::from(ip) & mask).to_be_bytes().to_vec()
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(u128::BITS.saturating_sub(self.ipv6)).unwrap_or(0);
                (u128::from(ip) & mask).to_be_bytes().to_vec()
            }
        }
    }
}
