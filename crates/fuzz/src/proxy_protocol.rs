//! Headers of the PROXY protocol, written and read from the specification alone (HAProxy's `doc/proxy-protocol.txt`).

use std::net::{IpAddr, SocketAddr};

/// How version 2 begins.
pub const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";

/// The most bytes of a header (tcp-prepend's README).
pub const LONGEST: usize = 4096;

/// The types of the TLVs that no receiver passes on: checksum and padding.
const OF_ONE_HEADER: [u8; 2] = [3, 4];

/// A header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Client and server, if it has IP addresses.
    pub endpoints: Option<(SocketAddr, SocketAddr)>,
    pub tlvs: Vec<(u8, Vec<u8>)>,
    pub size: usize,
}

/// Two addresses as one family. IPv4-mapped IPv6 addresses are IPv4. `None` for two families.
pub fn endpoints(client: SocketAddr, server: SocketAddr) -> Option<(SocketAddr, SocketAddr)> {
    let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let both = (canonical(client), canonical(server));
    match (both.0.is_ipv4(), both.1.is_ipv4()) {
        (true, true) => Some(both),
        _ => (client.is_ipv6() && server.is_ipv6()).then_some((client, server)),
    }
}

/// CRC32C, bit by bit.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0x82f6_3b78 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), bit))
}

/// Writes a header of version 2, with this command and family, and with a checksum at the end if `is_checked`.
pub fn write(first: [u8; 2], both: &[SocketAddr], tlvs: &[(u8, Vec<u8>)], is_checked: bool) -> Vec<u8> {
    let mut rest = Vec::new();
    for address in both {
        match address.ip() {
            IpAddr::V4(ip) => rest.extend(ip.octets()),
            IpAddr::V6(ip) => rest.extend(ip.octets()),
        }
    }
    both.iter().for_each(|address| rest.extend(address.port().to_be_bytes()));
    for (kind, value) in tlvs {
        rest.push(*kind);
        rest.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        rest.extend(value);
    }
    if is_checked {
        rest.extend([3, 0, 4, 0, 0, 0, 0]);
    }
    let length = u16::try_from(rest.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut header = [SIGNATURE.as_slice(), &first, &length, &rest].concat();
    if is_checked {
        let sum = crc32c(&header).to_be_bytes();
        let at = header.len() - sum.len();
        header[at..].copy_from_slice(&sum);
    }
    header
}

/// Reads the header that a connection's bytes begin with. `None` if there is none, or if it is longer than may be.
pub fn read(bytes: &[u8]) -> Option<Header> {
    if bytes.starts_with(&SIGNATURE) { read_2(bytes) } else { read_1(bytes) }
}

fn read_1(bytes: &[u8]) -> Option<Header> {
    let line = &bytes[..bytes.iter().take(107).position(|byte| *byte == b'\n')?];
    let size = line.len() + 1;
    let line = line.strip_suffix(b"\r")?;
    if line == b"PROXY UNKNOWN" || line.starts_with(b"PROXY UNKNOWN ") {
        return Some(Header { size, ..Header::default() });
    }
    let line = str::from_utf8(line).ok()?;
    let ["PROXY", family, client, server, client_port, server_port] = line.split(' ').collect::<Vec<_>>()[..]
    else {
        return None;
    };
    let address = |ip: &str, port: &str| {
        let ip: IpAddr = match family {
            "TCP4" => ip.parse::<std::net::Ipv4Addr>().ok()?.into(),
            "TCP6" => ip.parse::<std::net::Ipv6Addr>().ok()?.into(),
            _ => return None,
        };
        let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok())??;
        Some(SocketAddr::new(ip, port))
    };
    let both = endpoints(address(client, client_port)?, address(server, server_port)?)?;
    Some(Header { endpoints: Some(both), tlvs: Vec::new(), size })
}

fn read_2(bytes: &[u8]) -> Option<Header> {
    let (command, family) = (*bytes.get(12)?, *bytes.get(13)?);
    let length = usize::from(u16::from_be_bytes([*bytes.get(14)?, *bytes.get(15)?]));
    let size = 16 + length;
    let rest = bytes.get(16..size).filter(|_| size <= LONGEST)?;
    let octets = match (command, family) {
        (0x21, 0x11) => 4,
        (0x21, 0x21) => 16,
        (0x20, _) | (0x21, 0 | 0x31) => return Some(Header { size, ..Header::default() }),
        _ => return None,
    };
    let ip = |at: usize| -> Option<IpAddr> {
        let octets = rest.get(at * octets..(at + 1) * octets)?;
        <[u8; 4]>::try_from(octets)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
            .ok()
    };
    let port = |at: usize| {
        Some(u16::from_be_bytes([*rest.get(2 * octets + 2 * at)?, *rest.get(2 * octets + 2 * at + 1)?]))
    };
    let address = |at| Some(SocketAddr::new(ip(at)?, port(at)?));
    let both = endpoints(address(0)?, address(1)?)?;
    let mut at = 16 + 2 * octets + 4;
    let mut tlvs = Vec::new();
    while at < size {
        let header = bytes.get(at..at + 3)?;
        let end = at + 3 + usize::from(u16::from_be_bytes([header[1], header[2]]));
        let value = bytes.get(at + 3..end).filter(|_| end <= size)?;
        if header[0] == 3 {
            let zeroed = [&bytes[..at + 3], &vec![0; value.len()], &bytes[end..size]].concat();
            (value == crc32c(&zeroed).to_be_bytes()).then_some(())?;
        }
        tlvs.push((header[0], value.to_vec()));
        at = end;
    }
    Some(Header { endpoints: Some(both), tlvs, size })
}

impl Header {
    /// Returns the TLVs that a receiver passes on.
    pub fn passed_on(&self) -> impl Iterator<Item = &(u8, Vec<u8>)> {
        self.tlvs.iter().filter(|(kind, _)| !OF_ONE_HEADER.contains(kind))
    }
}
