//! Reads the PROXY protocol header with which a client's bytes begin. Source: HAProxy's `doc/proxy-protocol.txt`.

use std::net::{IpAddr, SocketAddr};

use crate::checksum::crc32c;
use crate::proxy_protocol::{
    CHECKSUM, Endpoints, LOCAL, PROXY, SIGNATURE, TCP_OVER_IPV4, TCP_OVER_IPV6, Tlvs,
};
use crate::unavailable::LIMIT;

/// How version 1 begins.
const VERSION_1: &[u8] = b"PROXY ";

/// The longest line of version 1.
const LONGEST_LINE: usize = 107;

/// The type of a TLV that only fills space.
const PADDING: u8 = 0x04;

/// A header that a client sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Preamble {
    /// Its size in bytes.
    pub(crate) size: usize,
    /// `None` if it has no IP addresses: the receiver uses those of the connection.
    pub(crate) endpoints: Option<Endpoints>,
    /// Without checksum and padding.
    pub(crate) tlvs: Tlvs,
}

/// Why there is no header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// More bytes decide.
    Incomplete,
    /// The bytes do not begin like a header.
    Absent,
    /// They begin like one, but are none.
    Malformed(&'static str),
}

/// Reads the header at the start of these bytes. More bytes change the result only if it is [`Unread::Incomplete`].
pub(crate) fn read(bytes: &[u8]) -> Result<Preamble, Unread> {
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
    match (begins(SIGNATURE), begins(VERSION_1)) {
        (true, _) => version_2(bytes),
        (_, true) => version_1(bytes),
        _ => Err(Unread::Absent),
    }
}

fn version_1(bytes: &[u8]) -> Result<Preamble, Unread> {
    let longest = bytes.get(..LONGEST_LINE);
    let start = longest.unwrap_or(bytes);
    let Some(end) = start.iter().position(|byte| *byte == b'\n') else {
        return Err(longest.map_or(Unread::Incomplete, |_| Unread::Malformed("has a line over 107 bytes")));
    };
    let line = start.get(..end).and_then(|line| std::str::from_utf8(line.strip_suffix(b"\r")?).ok());
    let endpoints = line.and_then(endpoints).ok_or(Unread::Malformed("has a malformed line"))?;
    Ok(Preamble { size: end.saturating_add(1), endpoints, tlvs: Tlvs::new() })
}

/// Reads the addresses of a line.
fn endpoints(line: &str) -> Option<Option<Endpoints>> {
    let mut words = line.as_bytes().split(|byte| *byte == b' ');
    let mut word = || words.next().and_then(|word| std::str::from_utf8(word).ok());
    let (_, family) = (word()?, word()?);
    if family == "UNKNOWN" {
        return Some(None);
    }
    let (client, server) = (word()?, word()?);
    let mut endpoint = |ip: &str| {
        let port = word().filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()))?;
        let ip: IpAddr = ip.parse().ok()?;
        let is_of_family = family == if ip.is_ipv4() { "TCP4" } else { "TCP6" };
        is_of_family.then_some(SocketAddr::new(ip, port.parse().ok()?))
    };
    let endpoints = Endpoints::of(endpoint(client)?, endpoint(server)?)?;
    word().is_none().then_some(Some(endpoints))
}

fn version_2(bytes: &[u8]) -> Result<Preamble, Unread> {
    let Some((fixed, after)) = bytes.split_first_chunk::<16>() else { return Err(Unread::Incomplete) };
    let [.., command, family, high, low] = *fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let size = fixed.len().saturating_add(length);
    if size > LIMIT {
        return Err(Unread::Malformed("is over 4096 bytes"));
    }
    let block = after.get(..length).ok_or(Unread::Incomplete)?;
    match (command, family) {
        (LOCAL, _) | (PROXY, 0x00 | 0x31) => Ok(Preamble { size, ..Preamble::default() }),
        (PROXY, TCP_OVER_IPV4 | TCP_OVER_IPV6) => {
            let (endpoints, rest) = addresses(family, block).ok_or(Unread::Malformed("has no addresses"))?;
            let tlvs = tlvs(fixed, block, rest)?;
            Ok(Preamble { size, endpoints: Some(endpoints), tlvs })
        }
        _ => Err(Unread::Malformed("is not for TCP, or of another version")),
    }
}

/// Reads the addresses. Also returns the bytes after them.
fn addresses(family: u8, block: &[u8]) -> Option<(Endpoints, &[u8])> {
    let (client, server, rest): (IpAddr, IpAddr, _) = if family == TCP_OVER_IPV4 {
        let (client, rest) = block.split_first_chunk::<4>()?;
        let (server, rest) = rest.split_first_chunk::<4>()?;
        ((*client).into(), (*server).into(), rest)
    } else {
        let (client, rest) = block.split_first_chunk::<16>()?;
        let (server, rest) = rest.split_first_chunk::<16>()?;
        ((*client).into(), (*server).into(), rest)
    };
    let ([a, b, c, d], rest) = rest.split_first_chunk::<4>()?;
    let endpoint = |ip, high: &u8, low: &u8| SocketAddr::new(ip, u16::from_be_bytes([*high, *low]));
    Some((Endpoints::of(endpoint(client, a, b), endpoint(server, c, d))?, rest))
}

/// Reads the TLVs in `rest`, the end of `block`, and compares the checksum if there is one.
fn tlvs(fixed: &[u8], block: &[u8], mut rest: &[u8]) -> Result<Tlvs, Unread> {
    let mut tlvs = Tlvs::new();
    while !rest.is_empty() {
        let tlv = rest.split_first_chunk::<3>().and_then(|([kind, high, low], after)| {
            let length = u16::from_be_bytes([*high, *low]);
            Some((*kind, after.split_at_checked(length.into())?))
        });
        let (kind, (value, after)) = tlv.ok_or(Unread::Malformed("has a TLV that is cut off"))?;
        match kind {
            PADDING => {}
            CHECKSUM => {
                let before = block.len().saturating_sub(value.len()).saturating_sub(after.len());
                let zeroed = [fixed, block.get(..before).unwrap_or_default(), &[0; 4], after];
                if value != crc32c(&zeroed).to_be_bytes() {
                    return Err(Unread::Malformed("has a wrong checksum"));
                }
            }
            _ => tlvs.push((kind, value.to_vec())),
        }
        rest = after;
    }
    Ok(tlvs)
}

#[cfg(test)]
mod tests;
