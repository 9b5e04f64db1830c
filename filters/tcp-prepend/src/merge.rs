//! Reads the header that clients of trusted networks send.

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
        let client = address(&SOURCE_ADDRESS)?.map(|client| client.ip().to_canonical());
        if !client.is_some_and(|client| self.0.iter().any(|network| network.contains(client))) {
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
