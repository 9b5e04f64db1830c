//! What clients send: PROXY protocol headers, forged and broken, and other bytes.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use harness::proxy_protocol::{PROXY, SIGNATURE, TCP4, TCP6, header, tlv};
use ppp::v2::{Addresses, Header};

/// How a client ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Sends everything, half-closes and reads to the end.
    ToTheEnd,
    /// Resets.
    Resets,
    /// Closes without reading.
    Leaves,
}

/// What a client sends.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) parts: Vec<Vec<u8>>,
    pub(super) pause: Duration,
    pub(super) leaves: Part,
    /// What a valid header says. `None` if there is none, so that a listener that expects one closes the connection.
    pub(super) claims: Option<Claims>,
}

/// What a valid header says.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    /// The client's address, and the one that it connected to. `None` for those of the connection.
    pub(super) addresses: Option<[SocketAddr; 2]>,
    /// What follows the header.
    pub(super) rest: Vec<u8>,
}

/// The longest header that tcp-prepend reads.
const LONGEST: usize = 4096;

/// What follows headers.
const PAYLOAD: &[u8] = b"payload\0\xff";

/// The addresses that headers claim.
const CLAIMED: [&str; 2] = ["192.0.2.7:40001", "198.51.100.9:443"];

/// Those addresses in version 2.
const ADDRESSES: &[u8] = b"\xc0\0\x02\x07\xc6\x33\x64\x09\x9c\x41\x01\xbb";

/// Reads the addresses of a header of version 2, and what follows it.
pub(super) fn read(bytes: &[u8]) -> Result<(Option<[SocketAddr; 2]>, &[u8])> {
    let header = Header::try_from(bytes).with_context(|| format!("no header: {}", bytes.escape_ascii()))?;
    let rest = bytes.get(header.len()..).unwrap_or_default();
    let pair = |source: IpAddr, port, to: IpAddr, to_port| {
        [SocketAddr::new(source, port), SocketAddr::new(to, to_port)]
    };
    let addresses = match header.addresses {
        Addresses::IPv4(ip) => Some(pair(
            ip.source_address.into(),
            ip.source_port,
            ip.destination_address.into(),
            ip.destination_port,
        )),
        Addresses::IPv6(ip) => Some(pair(
            ip.source_address.into(),
            ip.source_port,
            ip.destination_address.into(),
            ip.destination_port,
        )),
        _ => None,
    };
    Ok((addresses, rest))
}

/// A valid header, with a payload.
pub(super) fn clean() -> Sent {
    valid("clean", &header(PROXY, TCP4, &[ADDRESSES, b""].concat()))
}

/// Returns all of them, and this many random ones.
pub(super) fn all(random: &mut Rng, number: usize) -> Vec<Sent> {
    let valid = headers();
    let broken = broken().into_iter().map(|(name, bytes)| sent(name, bytes));
    let mut all: Vec<_> = valid.iter().cloned().chain(broken).collect();
    let cut = clean().parts.concat();
    let end = cut.len().saturating_sub(PAYLOAD.len());
    all.extend((0..end).map(|size| {
        sent(&format!("the first {size} bytes of a header"), cut.get(..size).unwrap_or_default().to_vec())
    }));
    all.extend(valid.into_iter().map(|header| {
        let parts = header.parts.concat().chunks(1).map(<[u8]>::to_vec).collect();
        Sent {
            name: format!("{}, a byte at a time", header.name),
            parts,
            pause: Duration::from_micros(200),
            ..header
        }
    }));
    all.extend((0..number).map(|_| mutated(&cut, random)));
    let leaving = all.clone().into_iter().flat_map(|kind| {
        [Part::Resets, Part::Leaves].map(|leaves| Sent {
            name: format!("{}, {leaves:?}", kind.name),
            leaves,
            ..kind.clone()
        })
    });
    let leaving: Vec<_> = leaving.collect();
    all.extend(leaving);
    all
}

fn sent(name: &str, bytes: Vec<u8>) -> Sent {
    Sent {
        name: name.into(),
        parts: vec![bytes],
        pause: Duration::ZERO,
        leaves: Part::ToTheEnd,
        claims: None,
    }
}

/// A header that claims addresses, before a payload.
fn valid(name: &str, header: &[u8]) -> Sent {
    let addresses = CLAIMED.map(|address| address.parse().ok());
    let [Some(source), Some(to)] = addresses else { return sent(name, Vec::new()) };
    let claims = Claims { addresses: Some([source, to]), rest: PAYLOAD.into() };
    Sent { claims: Some(claims), ..sent(name, [header, PAYLOAD].concat()) }
}

/// A header that leaves the addresses as they are.
fn without_addresses(name: &str, header: &[u8]) -> Sent {
    let claims = Claims { addresses: None, rest: PAYLOAD.into() };
    Sent { claims: Some(claims), ..sent(name, [header, PAYLOAD].concat()) }
}

fn headers() -> Vec<Sent> {
    let with = |tlvs: &[u8]| header(PROXY, TCP4, &[ADDRESSES, tlvs].concat());
    let long = LONGEST - SIGNATURE.len() - 4 - ADDRESSES.len() - 3;
    vec![
        valid("version 2", &with(b"")),
        valid("version 2 with TLVs", &with(&[tlv(2, b"a.example"), tlv(0xe4, b"\0\r\n\xff")].concat())),
        valid("a server name of control characters", &with(&tlv(2, b"\0\x01\n"))),
        valid(
            "TLVs that only proxies write",
            &with(&[tlv(0x20, b"\x07\0\0\0\0"), tlv(0x22, b"admin")].concat()),
        ),
        valid("an empty TLV", &with(&tlv(0xe0, b""))),
        valid("padding", &with(&tlv(4, &[0; 100]))),
        valid("version 1", b"PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\r\n"),
        without_addresses("UNKNOWN", b"PROXY UNKNOWN\r\n"),
        without_addresses("LOCAL", &header(0x20, 0, b"")),
        sent("the longest header, and one more", with(&tlv(0xe4, &vec![b'a'; long + 1]))),
    ]
}

fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let v1 = |line: &str| [line.as_bytes(), PAYLOAD].concat();
    let v2 = |command, family, rest: &[u8]| [header(command, family, rest), PAYLOAD.to_vec()].concat();
    let with = |tlvs: &[u8]| v2(PROXY, TCP4, &[ADDRESSES, tlvs].concat());
    vec![
        ("nothing", Vec::new()),
        ("a byte", b"P".to_vec()),
        ("a request", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("a mebibyte of zeros", vec![0; 1 << 20]),
        ("a mebibyte of ff", vec![0xff; 1 << 20]),
        ("small letters", v1("proxy tcp4 192.0.2.7 198.51.100.9 40001 443\r\n")),
        ("a space before", v1(" PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\r\n")),
        ("two spaces", v1("PROXY TCP4  192.0.2.7 198.51.100.9 40001 443\r\n")),
        ("only LF", v1("PROXY TCP4 192.0.2.7 198.51.100.9 40001 443\n")),
        ("a port of 65536", v1("PROXY TCP4 192.0.2.7 198.51.100.9 65536 443\r\n")),
        ("a negative port", v1("PROXY TCP4 192.0.2.7 198.51.100.9 -1 443\r\n")),
        ("an octet of 256", v1("PROXY TCP4 192.0.2.256 198.51.100.9 1 443\r\n")),
        ("three octets", v1("PROXY TCP4 192.0.2 198.51.100.9 1 443\r\n")),
        ("IPv6 in TCP4", v1("PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n")),
        ("IPv4 in TCP6", v1("PROXY TCP6 192.0.2.7 198.51.100.9 1 443\r\n")),
        ("a zone", v1("PROXY TCP6 fe80::1%eth0 fe80::2 1 443\r\n")),
        ("a missing port", v1("PROXY TCP4 192.0.2.7 198.51.100.9 1\r\n")),
        ("a field more", v1("PROXY TCP4 192.0.2.7 198.51.100.9 1 443 5\r\n")),
        ("UDP4", v1("PROXY UDP4 192.0.2.7 198.51.100.9 1 443\r\n")),
        ("a NUL", v1("PROXY TCP4 192.0.2.7\0 198.51.100.9 1 443\r\n")),
        ("a long line", v1(&format!("PROXY UNKNOWN {}\r\n", "a".repeat(200)))),
        ("an endless line", v1(&format!("PROXY TCP4 {}", "1".repeat(10_000)))),
        ("version 3", v2(0x31, 0x11, ADDRESSES)),
        ("an unknown command", v2(0x2f, 0x11, ADDRESSES)),
        ("fewer bytes than addresses", v2(PROXY, TCP4, ADDRESSES.get(..11).unwrap_or_default())),
        ("IPv6 with the bytes of IPv4", v2(PROXY, TCP6, ADDRESSES)),
        ("no addresses", v2(PROXY, TCP4, b"")),
        ("a TLV beyond the end", with(b"\xe4\xff\xff")),
        ("half of a TLV", with(b"\xe4\0")),
        ("a wrong checksum", with(&tlv(3, b"\0\0\0\0"))),
        ("a short checksum", with(&tlv(3, b"\0\0\0"))),
        ("a length of 65535", [SIGNATURE, b"\x21\x11\xff\xff", ADDRESSES].concat()),
        ("a wrong signature", b"\r\n\r\n\0\r\nQUIT\r\x21\x11\0\x0c".to_vec()),
    ]
}

/// A header without its first byte, or random bytes: nothing that is a header.
fn mutated(header: &[u8], random: &mut Rng) -> Sent {
    let mut bytes = header.to_vec();
    // In the signature or the version, where every change makes it invalid.
    let at = random.usize(..SIGNATURE.len() + 1);
    if let Some(byte) = bytes.get_mut(at) {
        // Another bit of the command could be valid.
        *byte ^= 0x10 << random.u8(..4);
    }
    let (more, letters) = (random.usize(..3000), random.usize(1..5000));
    bytes.extend(std::iter::repeat_with(|| random.u8(..)).take(more));
    if random.bool() {
        bytes = std::iter::repeat_with(|| random.u8(b'a'..=b'z')).take(letters).collect();
    }
    sent(&format!("random bytes: {}", bytes.get(..20).unwrap_or(&bytes).escape_ascii()), bytes)
}
