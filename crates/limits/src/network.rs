//! Identifies clients by network.

use std::net::IpAddr;

use ipnet::IpNet;

/// How many bits of an address identify a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefixes {
    /// Bits of an IPv4 address.
    pub ipv4: u8,
    /// Bits of an IPv6 address.
    pub ipv6: u8,
}

impl Prefixes {
    /// Builds the descriptor entry, as Envoy's actions `remote_address` and `masked_remote_address` write it.
    pub fn entry(self, ip: IpAddr) -> (String, String) {
        let network = self.network(ip);
        match network.prefix_len() == network.max_prefix_len() {
            true => ("remote_address".into(), ip.to_string()),
            false => ("masked_remote_address".into(), network.to_string()),
        }
    }

    /// Returns the bytes that identify a client: its network.
    pub fn client(self, ip: IpAddr) -> Vec<u8> {
        match self.network(ip).addr() {
            IpAddr::V4(ip) => ip.octets().into(),
            IpAddr::V6(ip) => ip.octets().into(),
        }
    }

    /// Returns the client's network. The configuration has checked the prefixes.
    fn network(self, ip: IpAddr) -> IpNet {
        let prefix = if ip.is_ipv4() { self.ipv4 } else { self.ipv6 };
        IpNet::new(ip, prefix).map_or(IpNet::from(ip), |network| network.trunc())
    }
}
