//! Frames.

/// What a client sends first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The size of a frame's head.
const HEAD: usize = 9;

/// The kinds of frames.
#[allow(missing_docs, reason = "they have the names of RFC 9113")]
pub mod kind {
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PUSH_PROMISE: u8 = 5;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The flags of frames.
#[allow(missing_docs, reason = "they have the names of RFC 9113")]
pub mod flag {
    pub const END_STREAM: u8 = 1;
    /// Of `SETTINGS` and `PING`.
    pub const ACK: u8 = 1;
    pub const END_HEADERS: u8 = 4;
    pub const PADDED: u8 = 8;
    pub const PRIORITY: u8 = 0x20;
}

/// The settings of a connection.
#[allow(missing_docs, reason = "they have the names of RFC 9113")]
pub mod setting {
    pub const HEADER_TABLE_SIZE: u16 = 1;
    pub const ENABLE_PUSH: u16 = 2;
    pub const INITIAL_WINDOW_SIZE: u16 = 4;
    pub const MAX_FRAME_SIZE: u16 = 5;
}

/// A frame that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// One of [`kind`], or an unknown kind.
    pub kind: u8,
    /// Bits of [`flag`].
    pub flags: u8,
    /// The number of its stream; 0 for the connection.
    pub stream: u32,
    /// What follows the head.
    pub payload: &'a [u8],
}

/// Writes a frame. Its length is the payload's.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Writes a frame of settings.
pub fn settings(values: &[(u16, u32)]) -> Vec<u8> {
    let pair = |(name, value): &(u16, u32)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(kind::SETTINGS, 0, 0, &values.iter().flat_map(pair).collect::<Vec<_>>())
}

/// Reads the frames that are complete. Also returns their size in bytes.
pub fn frames(bytes: &[u8]) -> (Vec<Frame<'_>>, usize) {
    let (mut frames, mut rest) = (Vec::new(), bytes);
    while let Some((frame, after)) = first(rest) {
        frames.push(frame);
        rest = after;
    }
    (frames, bytes.len().saturating_sub(rest.len()))
}

fn first(bytes: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [a, b, c, kind, flags, stream @ ..] = *head;
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).ok()?;
    let (payload, after) = rest.split_at_checked(length)?;
    Some((Frame { kind, flags, stream: u32::from_be_bytes(stream), payload }, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        let bytes = [frame(kind::PING, flag::ACK, 0, b"12345678"), frame(kind::DATA, 0, 7, b"")].concat();
        let ping = Frame { kind: kind::PING, flags: flag::ACK, stream: 0, payload: b"12345678" };
        let data = Frame { kind: kind::DATA, flags: 0, stream: 7, payload: b"" };
        assert_eq!(frames(&bytes), (vec![ping, data], 26));
        assert_eq!(frames(&bytes[..25]), (vec![ping], 17));
    }
}
