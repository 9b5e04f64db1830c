//! Reads the header that clients of trusted networks send.

use std::net::IpAddr;

use proxy_filter::HostError;
use proxy_filter::attribute::SOURCE_ADDRESS;
use proxy_filter::matching::Network;
use proxy_filter::tcp::Chunk;

use crate::addresses::address;
use crate::preamble::{Preamble, Unread, read};
use crate::proxy_protocol::Endpoints;
use crate::unavailable::Unavailable;

/// The networks whose clients send headers.
#[derive(Debug)]
pub(crate) struct Merge(pub(crate) Vec<Network>);

/// What a connection begins with.
#[derive(Debug)]
pub(crate) enum Begin {
    Header(Box<Sent>),
    /// Bytes that are not read.
    Payload,
    /// Too few bytes to tell.
    Undecided,
}

/// A header that a client sent.
#[derive(Debug)]
pub(crate) struct Sent {
    header: Preamble,
    /// The header and the bytes after it.
    bytes: Vec<u8>,
}

impl Merge {
    /// Reads the beginning of a connection. Does not read the bytes of a client of another network, which may be an attacker.
    pub(crate) fn read(&self, chunk: &Chunk) -> Result<Result<Begin, Unavailable>, HostError> {
        if !address(&SOURCE_ADDRESS)?.is_some_and(|client| self.trusts(client.ip())) {
            return Ok(Ok(Begin::Payload));
        }
        let bytes = chunk.bytes()?;
        let reason = match read(&bytes) {
            Ok(header) => return Ok(Ok(Begin::Header(Box::new(Sent { header, bytes })))),
            Err(Unread::Incomplete) if !chunk.end_of_stream() => return Ok(Ok(Begin::Undecided)),
            Err(Unread::Incomplete) => "is incomplete",
            Err(Unread::Absent) => "is missing",
            Err(Unread::Malformed(reason)) => reason,
        };
        Ok(Err(Unavailable::Preamble(reason)))
    }

    /// Returns whether a client with this address sends a header.
    fn trusts(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.0.iter().any(|network| network.contains(client))
    }
}

impl Sent {
    /// Returns the addresses in the header.
    pub(crate) fn endpoints(&self) -> Option<Endpoints> {
        self.header.endpoints
    }

    /// Returns the TLVs in the header.
    pub(crate) fn tlvs(&self) -> &[u8] {
        self.bytes.get(self.header.tlvs..self.header.size).unwrap_or_default()
    }

    /// Returns the bytes after the header.
    pub(crate) fn after(&self) -> &[u8] {
        self.bytes.get(self.header.size..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clients_of_the_networks_are_trusted() {
        let network = |text: &str| Network::try_from(text.to_owned()).unwrap();
        let merge =
            Merge(vec![network("10.0.0.0/8"), network("::ffff:192.0.2.0/120"), network("2001:db8::/32")]);
        for (client, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.9", true),
            ("::ffff:192.0.2.9", true),
            ("2001:db8::1", true),
            ("11.0.0.1", false),
            ("::ffff:11.0.0.1", false),
            ("::10.1.2.3", false),
            ("2001:db9::1", false),
        ] {
            assert_eq!(merge.trusts(client.parse().unwrap()), expected, "{client}");
        }
    }
}
