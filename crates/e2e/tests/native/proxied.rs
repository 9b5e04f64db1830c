//! Clients behind a proxy that sends a PROXY protocol header.

use std::net::{Ipv4Addr, Ipv6Addr};

use fastrand::Rng;
use harness::proxy_protocol::{PROXY, SIGNATURE, TCP4, TCP6, header, tlv};

/// Types of TLVs that the configuration may add and clients may send. Not 3, the checksum, which tcp-prepend compares and does not
/// pass on, while Envoy passes it on although it has changed what it covers.
pub(crate) const TYPES: [u8; 9] = [0x01, 0x02, 0x05, 0x30, 0xe0, 0xe1, 0xea, 0xee, 0xef];

/// The type of padding, which receivers ignore. tcp-prepend does not pass it on, as its README says; Envoy does.
const PADDING: u8 = 0x04;

/// A client's own header, and the bytes after it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) has_tlvs: bool,
}

impl Client {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.header.as_slice(), &self.payload].concat()
    }
}

/// Draws a client behind a proxy that sends a header. The addresses need not exist. Not `LOCAL` or `UNKNOWN`, after which both
/// send the addresses of the connection, which differ between any two connections.
pub(crate) fn client(random: &mut Rng) -> Client {
    let (version, is_ipv4) = (random.u8(1..=2), random.bool());
    let ports = [random.u16(1..), random.u16(1..)];
    let address = |random: &mut Rng| -> Vec<u8> {
        let mut address = match is_ipv4 {
            true => (0..4).map(|_| random.u8(..)).collect(),
            // With groups of zeros, which have short forms.
            false => (0..8)
                .flat_map(|_| if random.bool() { [0, 0] } else { random.u16(..).to_be_bytes() })
                .collect::<Vec<u8>>(),
        };
        // Neither multicast nor without an address.
        if let Some(first) = address.first_mut() {
            *first = if is_ipv4 { random.u8(1..127) } else { 0x20 };
        }
        address
    };
    let addresses = [address(random), address(random)];
    let mut tlvs = Vec::new();
    if version == 2 {
        for _ in 0..random.usize(..4) {
            let kind = if random.u8(..12) == 0 { PADDING } else { random.choice(TYPES).unwrap_or_default() };
            tlvs.push((kind, bytes(random, 0)));
        }
    }
    let header =
        if version == 1 { version_1(&addresses, ports) } else { version_2(&addresses, ports, &tlvs) };
    let mut payload = bytes(random, 1);
    if random.bool() {
        payload = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    }
    Client { header, payload, has_tlvs: !tlvs.is_empty() }
}

fn version_1(addresses: &[Vec<u8>; 2], [source, destination]: [u16; 2]) -> Vec<u8> {
    let text = |address: &Vec<u8>| match <[u8; 4]>::try_from(address.as_slice()) {
        Ok(octets) => ("TCP4", Ipv4Addr::from(octets).to_string()),
        Err(_) => {
            let octets = <[u8; 16]>::try_from(address.as_slice()).unwrap_or_default();
            ("TCP6", Ipv6Addr::from(octets).to_string())
        }
    };
    let [(family, from), (_, to)] = [text(&addresses[0]), text(&addresses[1])];
    format!("PROXY {family} {from} {to} {source} {destination}\r\n").into_bytes()
}

fn version_2(addresses: &[Vec<u8>; 2], ports: [u16; 2], tlvs: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut rest = addresses.concat();
    let family = if rest.len() == 8 { TCP4 } else { TCP6 };
    rest.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    rest.extend(tlvs.iter().flat_map(|(kind, value)| tlv(*kind, value)));
    header(PROXY, family, &rest)
}

/// Draws up to 300 bytes, and at least so many.
pub(crate) fn bytes(random: &mut Rng, least: usize) -> Vec<u8> {
    let most = random.choice([4, 30, 300]).unwrap_or(4);
    (0..random.usize(least..=most)).map(|_| random.u8(..)).collect()
}

/// Removes padding from the header at the beginning, if it is of version 2.
pub(crate) fn without_padding(bytes: &[u8]) -> Vec<u8> {
    let parsed = bytes.strip_prefix(SIGNATURE).and_then(|rest| {
        let ([command, family], rest) = rest.split_first_chunk::<2>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (fields, payload) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (addresses, tlvs) = fields.split_at_checked(if *family == TCP4 { 12 } else { 36 })?;
        Some((*command, *family, addresses, tlvs, payload))
    });
    let Some((command, family, addresses, mut tlvs, payload)) = parsed else { return bytes.to_vec() };
    let mut kept = addresses.to_vec();
    while let Some(([kind, high, low], rest)) = tlvs.split_first_chunk::<3>() {
        let length = u16::from_be_bytes([*high, *low]).into();
        let Some((value, after)) = rest.split_at_checked(length) else { return bytes.to_vec() };
        if *kind != PADDING {
            kept.extend(tlv(*kind, value));
        }
        tlvs = after;
    }
    [header(command, family, &kept).as_slice(), payload].concat()
}
