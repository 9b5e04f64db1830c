//! What a rule counts by: parts of a request, hashed.

use std::hash::Hasher;
use std::net::IpAddr;

use proxy_filter::attribute::SOURCE_ADDRESS;
use proxy_filter::headers::{HeaderName, RequestHeaders};
use proxy_filter::sys::HostError;
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::limiter::Rule;
use crate::table::Slot;

/// Bits of an IPv6 address that make a client: a home or office has a whole /64.
const IPV6_PREFIX: u32 = 64;

/// What a rule counts by. No parts: one bucket for all requests.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) parts: Vec<Part>,
    /// Secret, so that nobody can choose keys that share a set.
    pub(crate) seed: [u8; 16],
}

#[derive(Debug)]
pub(crate) enum Part {
    /// The client's address, as Envoy determines it.
    ClientIp,
    /// The first value of a request header.
    Header(HeaderName),
}

/// The rules that apply to a request, with their slots. A rule does not apply where the request
/// lacks a part of its key.
pub(crate) fn of_request<'a>(
    rules: &'a [Rule],
    headers: &RequestHeaders,
) -> Result<Vec<(&'a Rule, Slot)>, HostError> {
    let mut applying = Vec::with_capacity(rules.len());
    for rule in rules {
        match rule.key.slot(headers)? {
            Some(slot) => applying.push((rule, slot)),
            None => {
                proxy_filter::debug!("`{}` does not apply: the request lacks a part of its key", rule.name)
            }
        }
    }
    Ok(applying)
}

impl Key {
    fn slot(&self, headers: &RequestHeaders) -> Result<Option<Slot>, HostError> {
        let mut hasher = SipHasher13::new_with_key(&self.seed);
        for part in &self.parts {
            let Some(bytes) = part.bytes(headers)? else { return Ok(None) };
            // With its length, so that ("ab", "c") and ("a", "bc") differ.
            hasher.write_usize(bytes.len());
            hasher.write(&bytes);
        }
        let hash = hasher.finish128();
        Ok(Some(Slot::new(hash.h1, hash.h2)))
    }
}

impl Part {
    fn bytes(&self, headers: &RequestHeaders) -> Result<Option<Vec<u8>>, HostError> {
        match self {
            Self::Header(name) => headers.get(name),
            Self::ClientIp => match SOURCE_ADDRESS.get() {
                Ok(address) => Ok(address.map(|address| client(address.ip()))),
                // A client on a Unix socket has an address, but no IP address.
                Err(HostError::ParseFailure) => Ok(None),
                Err(error) => Err(error),
            },
        }
    }
}

/// The bytes that stand for a client: an IPv4 address, or an IPv6 prefix.
fn client(ip: IpAddr) -> Vec<u8> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => {
            let host_bits = u128::BITS.saturating_sub(IPV6_PREFIX);
            let network = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            (u128::from(ip) & network).to_be_bytes().to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients() {
        let client = |ip: &str| client(ip.parse().unwrap());
        assert_ne!(client("10.0.0.1"), client("10.0.0.2"));
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:2"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
    }
}
