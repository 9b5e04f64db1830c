//! Reads the PROXY protocol header with which a client's bytes begin. Source: HAProxy's `doc/proxy-protocol.txt`.

use std::net::{IpAddr, SocketAddr};

use crate::checksum::crc32c;
use crate::proxy_protocol::{
    CHECKSUM, Endpoints, FIXED, LOCAL, PROXY, SIGNATURE, TCP_OVER_IPV4, TCP_OVER_IPV6, split_tlv,
};
use crate::unavailable::LIMIT;

/// How version 1 begins.
const VERSION_1: &[u8] = b"PROXY ";

/// The longest line of version 1.
const LONGEST_LINE: usize = 107;

/// A header that a client sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preamble {
    /// Its size in bytes.
    pub(crate) size: usize,
    /// Where its TLVs begin. They are complete, and go to its end.
    pub(crate) tlvs: usize,
    /// `None` if it has no IP addresses: the receiver uses those of the connection.
    pub(crate) endpoints: Option<Endpoints>,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    if begins(SIGNATURE) {
        version_2(bytes)
    } else if begins(VERSION_1) {
        version_1(bytes)
    } else {
        Err(Unread::Absent)
    }
}

fn version_1(bytes: &[u8]) -> Result<Preamble, Unread> {
    let longest = bytes.get(..LONGEST_LINE);
    let Some(end) = longest.unwrap_or(bytes).iter().position(|byte| *byte == b'\n') else {
        return Err(longest.map_or(Unread::Incomplete, |_| Unread::Malformed("has a malformed line")));
    };
    let line = bytes.get(..end).and_then(|line| line.strip_suffix(b"\r"));
    let endpoints = line.and_then(endpoints).ok_or(Unread::Malformed("has a malformed line"))?;
    let size = end.saturating_add(1);
    Ok(Preamble { size, tlvs: size, endpoints })
}

/// Reads the addresses of a line.
fn endpoints(line: &[u8]) -> Option<Option<Endpoints>> {
    // After `UNKNOWN`, anything may follow.
    if line.strip_prefix(b"PROXY UNKNOWN").is_some_and(|rest| rest.is_empty() || rest.starts_with(b" ")) {
        return Some(None);
    }
    let line = std::str::from_utf8(line).ok()?;
    let (mut words, mut number) = ([""; 6], 0_usize);
    for word in line.split(' ') {
        *words.get_mut(number)? = word;
        number = number.saturating_add(1);
    }
    let [_, family, client, server, client_port, server_port] = words;
    Endpoints::of(endpoint(family, client, client_port)?, endpoint(family, server, server_port)?).map(Some)
}

fn endpoint(family: &str, ip: &str, port: &str) -> Option<SocketAddr> {
    let (ip, is_number): (IpAddr, _) = (ip.parse().ok()?, port.bytes().all(|byte| byte.is_ascii_digit()));
    let is_of_family = family == if ip.is_ipv4() { "TCP4" } else { "TCP6" };
    (is_of_family && is_number).then_some(SocketAddr::new(ip, port.parse().ok()?))
}

fn version_2(bytes: &[u8]) -> Result<Preamble, Unread> {
    let Some((fixed, rest)) = bytes.split_first_chunk::<FIXED>() else { return Err(Unread::Incomplete) };
    let [.., command, family, high, low] = *fixed;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let size = FIXED.saturating_add(length);
    if size > LIMIT {
        return Err(Unread::Malformed("is over 4096 bytes"));
    }
    let block = rest.get(..length).ok_or(Unread::Incomplete)?;
    let octets = match (command, family) {
        (PROXY, TCP_OVER_IPV4) => 4,
        (PROXY, TCP_OVER_IPV6) => 16,
        // Other addresses, such as those of Unix sockets.
        (LOCAL, _) | (PROXY, 0x00 | 0x31) => return Ok(Preamble { size, tlvs: size, endpoints: None }),
        _ => return Err(Unread::Malformed("is not for TCP, or of another version")),
    };
    let (endpoints, tlvs) = addresses(block, octets).ok_or(Unread::Malformed("has no addresses"))?;
    check_tlvs(bytes.get(..size).unwrap_or_default(), tlvs).map_err(Unread::Malformed)?;
    Ok(Preamble { size, tlvs: size.saturating_sub(tlvs.len()), endpoints: Some(endpoints) })
}

/// Reads two IP addresses of so many bytes, and two ports. Also returns the bytes after them.
fn addresses(block: &[u8], octets: usize) -> Option<(Endpoints, &[u8])> {
    let (client, rest) = block.split_at_checked(octets)?;
    let (server, rest) = rest.split_at_checked(octets)?;
    let ([a, b, c, d], rest) = rest.split_first_chunk()?;
    let port = |high: &u8, low: &u8| u16::from_be_bytes([*high, *low]);
    let (client, server) =
        (SocketAddr::new(ip(client)?, port(a, b)), SocketAddr::new(ip(server)?, port(c, d)));
    Some((Endpoints::of(client, server)?, rest))
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// Checks the TLVs at the end of a header, and the checksum if there is one.
fn check_tlvs(header: &[u8], mut rest: &[u8]) -> Result<(), &'static str> {
    while !rest.is_empty() {
        let (kind, value, after) = split_tlv(rest).ok_or("has a TLV that is cut off")?;
        if kind == CHECKSUM {
            let before = header.len().saturating_sub(value.len()).saturating_sub(after.len());
            let zeroed = [header.get(..before).unwrap_or_default(), &[0; 4], after];
            if value != crc32c(&zeroed).to_be_bytes() {
                return Err("has a wrong checksum");
            }
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
