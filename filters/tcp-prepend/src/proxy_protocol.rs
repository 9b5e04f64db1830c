//! Headers of the PROXY protocol. Source: HAProxy's `doc/proxy-protocol.txt`.

use std::net::{IpAddr, SocketAddr};

use crate::checksum::crc32c;

/// How version 2 begins.
pub(crate) const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The version and the command in version 2.
pub(crate) const LOCAL: u8 = 0x20;
pub(crate) const PROXY: u8 = 0x21;

/// The address family and the transport in version 2.
pub(crate) const TCP_OVER_IPV4: u8 = 0x11;
pub(crate) const TCP_OVER_IPV6: u8 = 0x21;
const UNSPECIFIED: u8 = 0x00;

/// The size of what every header of version 2 begins with. Its last two bytes are the length of the rest.
pub(crate) const FIXED: usize = 16;

/// The size of the longest header without TLVs, which has IPv6 addresses and ports.
pub(crate) const WITHOUT_TLVS: usize = FIXED + 2 * (16 + 2);

/// The size of a TLV's type and length.
pub(crate) const BEFORE_VALUE: usize = 3;

/// The size of the longest header with no TLV but the checksum.
pub(crate) const WITH_CHECKSUM: usize = WITHOUT_TLVS + BEFORE_VALUE + 4;

/// The type of the TLV with the checksum.
pub(crate) const CHECKSUM: u8 = 0x03;

/// The client and the address that it connected to, of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    client: SocketAddr,
    server: SocketAddr,
}

impl Endpoints {
    /// `None` if the families differ. IPv4-mapped IPv6 addresses count as IPv4.
    pub(crate) fn of(client: SocketAddr, server: SocketAddr) -> Option<Self> {
        let ips = (client.ip().to_canonical(), server.ip().to_canonical());
        match ips {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                Some(Self { client: (from, client.port()).into(), server: (to, server.port()).into() })
            }
            _ => (client.is_ipv6() && server.is_ipv6()).then_some(Self { client, server }),
        }
    }
}

/// Encodes the header as a line of text.
pub(crate) fn version_1(endpoints: Option<Endpoints>) -> Vec<u8> {
    let line = match endpoints {
        Some(Endpoints { client, server }) => {
            let family = if client.is_ipv4() { 4 } else { 6 };
            let (from, to) = (client.ip(), server.ip());
            format!("PROXY TCP{family} {from} {to} {} {}\r\n", client.port(), server.port())
        }
        None => "PROXY UNKNOWN\r\n".into(),
    };
    line.into_bytes()
}

/// Encodes the binary header, with a checksum if `is_checked`. Without addresses the command is LOCAL, after which receivers
/// ignore the rest.
pub(crate) fn version_2(endpoints: Option<Endpoints>, tlvs: &[u8], is_checked: bool) -> Vec<u8> {
    let mut header = Vec::with_capacity(tlvs.len().saturating_add(WITH_CHECKSUM));
    header.extend_from_slice(SIGNATURE);
    let Some(Endpoints { client, server }) = endpoints else {
        header.extend_from_slice(&[LOCAL, UNSPECIFIED, 0, 0]);
        return header;
    };
    let family = if client.is_ipv4() { TCP_OVER_IPV4 } else { TCP_OVER_IPV6 };
    header.extend_from_slice(&[PROXY, family, 0, 0]);
    for address in [client, server] {
        match address.ip() {
            IpAddr::V4(ip) => header.extend_from_slice(&ip.octets()),
            IpAddr::V6(ip) => header.extend_from_slice(&ip.octets()),
        }
    }
    header.extend_from_slice([client.port(), server.port()].map(u16::to_be_bytes).as_flattened());
    header.extend_from_slice(tlvs);
    if is_checked {
        // The checksum is that of the header in which it is zero.
        append(&mut header, CHECKSUM, &[0; 4]);
    }
    let rest = length(header.len().saturating_sub(FIXED));
    overwrite(&mut header, FIXED.saturating_sub(rest.len()), &rest);
    if is_checked {
        let sum = crc32c(&[&header]).to_be_bytes();
        let at = header.len().saturating_sub(sum.len());
        overwrite(&mut header, at, &sum);
    }
    header
}

/// Appends a TLV.
pub(crate) fn append(tlvs: &mut Vec<u8>, kind: u8, value: &[u8]) {
    let [high, low] = length(value.len());
    tlvs.extend_from_slice(&[kind, high, low]);
    tlvs.extend_from_slice(value);
}

/// Splits the first TLV off: its type, its value and the bytes after it. `None` if it is cut off.
pub(crate) fn split_tlv(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let ([kind, high, low], rest) = bytes.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(u16::from_be_bytes([*high, *low]).into())?;
    Some((*kind, value, rest))
}

/// Encodes a length, which always fits: payloads are at most 4 KiB.
fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes()
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes.iter_mut().skip(at).zip(with).for_each(|(byte, new)| *byte = *new);
}

#[cfg(test)]
mod tests {
    use ppp::v2::{Addresses, Command, IPv4, IPv6, Protocol};

    use super::*;

    fn endpoints(client: &str, server: &str) -> Option<Endpoints> {
        Endpoints::of(client.parse().unwrap(), server.parse().unwrap())
    }

    fn of_both() -> [Option<Endpoints>; 2] {
        [
            endpoints("192.0.2.1:5000", "198.51.100.2:443"),
            endpoints("[2001:db8::1]:5000", "[2001:db8::2]:443"),
        ]
    }

    #[test]
    fn families() {
        for (client, server, expected) in [
            ("192.0.2.1:1", "192.0.2.2:2", Some('4')),
            ("[2001:db8::1]:1", "[2001:db8::2]:2", Some('6')),
            ("[::ffff:192.0.2.1]:1", "192.0.2.2:2", Some('4')),
            ("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2", Some('4')),
            ("[::ffff:192.0.2.1]:1", "[2001:db8::2]:2", Some('6')),
            ("192.0.2.1:1", "[2001:db8::2]:2", None),
            ("[2001:db8::1]:1", "192.0.2.2:2", None),
        ] {
            let family =
                endpoints(client, server).map(|endpoints| if endpoints.client.is_ipv4() { '4' } else { '6' });
            assert_eq!(family, expected, "{client} {server}");
        }
    }

    #[test]
    fn another_parser_reads_version_1() {
        for (endpoints, expected) in [
            (of_both()[0], "PROXY TCP4 192.0.2.1 198.51.100.2 5000 443\r\n"),
            (of_both()[1], "PROXY TCP6 2001:db8::1 2001:db8::2 5000 443\r\n"),
            (None, "PROXY UNKNOWN\r\n"),
        ] {
            let line = version_1(endpoints);
            assert_eq!(line, expected.as_bytes());
            let read = ppp::v1::Header::try_from(expected).unwrap();
            assert_eq!(read.to_string(), expected);
        }
    }

    #[test]
    fn another_parser_reads_version_2() {
        let tlvs = [(0x02, b"a.example".to_vec()), (0xe0, vec![0, 0xff]), (0xe1, Vec::new())];
        let [four, six] = of_both();
        let v4 = IPv4::new([192, 0, 2, 1], [198, 51, 100, 2], 5000, 443);
        let v6 = |last| [0x2001, 0xdb8, 0, 0, 0, 0, 0, last].into();
        let v6 = IPv6::new::<std::net::Ipv6Addr>(v6(1), v6(2), 5000, 443);
        for (endpoints, command, addresses, tlvs) in [
            (four, Command::Proxy, Addresses::from(v4), tlvs.as_slice()),
            (six, Command::Proxy, Addresses::from(v6), &tlvs),
            (four, Command::Proxy, Addresses::from(v4), &[]),
            (None, Command::Local, Addresses::Unspecified, &[]),
        ] {
            let mut block = Vec::new();
            tlvs.iter().for_each(|(kind, value)| append(&mut block, *kind, value));
            let bytes = version_2(endpoints, &block, false);
            let read = ppp::v2::Header::try_from(bytes.as_slice()).unwrap();
            assert_eq!((read.command, read.addresses, read.len()), (command, addresses, bytes.len()));
            let protocol = if endpoints.is_some() { Protocol::Stream } else { Protocol::Unspecified };
            assert_eq!(read.protocol, protocol);
            let read: Vec<_> =
                read.tlvs().map(Result::unwrap).map(|tlv| (tlv.kind, tlv.value.to_vec())).collect();
            assert_eq!(read, tlvs);
        }
        assert_eq!(version_2(None, b"\xe0\0\0", true), version_2(None, b"", false));
    }

    /// What HAProxy 2.6 sends for these addresses with `send-proxy-v2 proxy-v2-options crc32c`.
    #[test]
    fn the_checksum_is_haproxys() {
        let expected = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x13\x7f\0\0\x07\x7f\0\0\x01\xac\xef\x88\xcf\x03\0\x04\xdd\xdb\xcd\x44";
        let endpoints = endpoints("127.0.0.7:44271", "127.0.0.1:35023");
        assert_eq!(version_2(endpoints, &[], true), expected);
    }
}
