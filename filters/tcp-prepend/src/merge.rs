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
#[derive(Debug, Default)]
pub(crate) struct Begin {
    /// The header.
    preamble: Preamble,
    /// The header and the bytes after it.
    bytes: Vec<u8>,
}

impl Merge {
    /// Reads the beginning of a connection. An empty one if the client is of another network: it may be an attacker, and its
    /// bytes are not read. `None` if there are too few bytes.
    #[inline(never)]
    pub(crate) fn read(&self, chunk: &Chunk) -> Result<Result<Option<Begin>, Unavailable>, HostError> {
        let client = address(&SOURCE_ADDRESS)?.map(|client| client.ip().to_canonical());
        if !client.is_some_and(|client| self.0.iter().any(|network| network.contains(client))) {
            return Ok(Ok(Some(Begin::default())));
        }
        let bytes = chunk.bytes()?;
        let reason = match read(&bytes) {
            Ok(preamble) => return Ok(Ok(Some(Begin { preamble, bytes }))),
            Err(Unread::Incomplete) if !chunk.end_of_stream() => return Ok(Ok(None)),
            Err(Unread::Incomplete) => "is incomplete",
            Err(Unread::Absent) => "is missing",
            Err(Unread::Malformed(reason)) => reason,
        };
        Ok(Err(Unavailable::Preamble(reason)))
    }
}

impl Begin {
    /// Returns the addresses in the header.
    pub(crate) fn endpoints(&self) -> Option<Endpoints> {
        self.preamble.endpoints
    }

    /// Returns the TLVs in the header.
    pub(crate) fn tlvs(&self) -> &[u8] {
        self.bytes.get(self.preamble.tlvs..self.preamble.size).unwrap_or_default()
    }

    /// Returns the bytes after the header. `None` if there is no header.
    pub(crate) fn after(&self) -> Option<&[u8]> {
        self.bytes.get(self.preamble.size..).filter(|_| self.preamble.size > 0)
    }
}
