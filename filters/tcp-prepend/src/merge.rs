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
    /// Whether a connection from there that does not begin with a header is closed.
    pub(crate) is_required: bool,
}

/// What a connection begins with.
#[derive(Debug)]
pub(crate) enum Begin {
    /// A header and the bytes after it.
    Header(Preamble, Vec<u8>),
    /// Bytes that are not read.
    Payload,
    /// Too few bytes to tell.
    Undecided,
}

impl Merge {
    #[inline(never)]
    /// Reads the beginning of a connection.
    pub(crate) fn read(&self, chunk: &Chunk) -> Result<Result<Begin, Unavailable>, HostError> {
        let client = address(&SOURCE_ADDRESS)?.map(|client| client.ip().to_canonical());
        if !client.is_some_and(|client| self.from.iter().any(|network| network.contains(client))) {
            return Ok(Ok(Begin::Payload));
        }
        let mut bytes = chunk.bytes()?;
        let reason = match read(&bytes) {
            Ok(preamble) => {
                bytes.drain(..preamble.size.min(bytes.len()));
                return Ok(Ok(Begin::Header(preamble, bytes)));
            }
            Err(Unread::Incomplete) if !chunk.end_of_stream() => return Ok(Ok(Begin::Undecided)),
            Err(Unread::Absent | Unread::Incomplete) if !self.is_required => return Ok(Ok(Begin::Payload)),
            Err(Unread::Absent) => "is missing",
            Err(Unread::Incomplete) => "is incomplete",
            Err(Unread::Malformed(reason)) => reason,
        };
        Ok(Err(Unavailable::Preamble(reason)))
    }
}
