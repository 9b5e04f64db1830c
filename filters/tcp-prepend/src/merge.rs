//! Reads the header that clients of trusted networks send.

use proxy_filter::HostError;
use proxy_filter::attribute::SOURCE_ADDRESS;
use proxy_filter::matching::Network;
use proxy_filter::tcp::Chunk;

use crate::addresses::address;
use crate::preamble::{Preamble, Unread, read};
use crate::unavailable::Unavailable;

/// Whose headers are read.
#[derive(Debug)]
pub(crate) struct Merge {
    pub(crate) from: Vec<Network>,
}

/// What a connection begins with.
#[derive(Debug)]
pub(crate) enum Begin {
    /// A header, and the bytes that begin with it.
    Header(Preamble, Vec<u8>),
    /// Bytes that are not read.
    Payload,
    /// Too few bytes to tell.
    Undecided,
}

impl Merge {
    /// Reads the beginning of a connection.
    #[inline(never)]
    pub(crate) fn read(&self, chunk: &Chunk) -> Result<Result<Begin, Unavailable>, HostError> {
        let client = address(&SOURCE_ADDRESS)?.map(|client| client.ip().to_canonical());
        if !client.is_some_and(|client| self.from.iter().any(|network| network.contains(client))) {
            return Ok(Ok(Begin::Payload));
        }
        let bytes = chunk.bytes()?;
        let reason = match read(&bytes) {
            Ok(preamble) => return Ok(Ok(Begin::Header(preamble, bytes))),
            Err(Unread::Incomplete) if !chunk.end_of_stream() => return Ok(Ok(Begin::Undecided)),
            Err(Unread::Absent) => "is missing",
            Err(Unread::Incomplete) => "is incomplete",
            Err(Unread::Malformed(reason)) => reason,
        };
        Ok(Err(Unavailable::Preamble(reason)))
    }
}
