//! What is tried, and what must come of it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::exchange::{Ending, Expected, Version, exchange};
use crate::message::Message;

/// Envoy's answer to transfer encodings that it does not know.
const NOT_IMPLEMENTED: u16 = 501;

/// Envoy's details of a reply in place of a filter that failed: `wasm_fail_stream`, and the same in the Huffman code of HPACK
/// (RFC 7541, Appendix B), which HTTP/2 gets.
const FAILED: [&[u8]; 2] = [b"wasm_fail_stream", b"\xf0\x34\x53\x14\xa3\x35\x11\x21\x36\x14\x74\xff"];

/// What is said of such a reply.
pub(crate) const FILTER_FAILED: &str = "a filter has failed";

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// Envoy sent this status.
    Answered(u16),
    /// Envoy closed the connection or the stream without a status.
    Closed,
    /// The client left before.
    Left,
    /// Envoy waits for more.
    Unanswered,
}

/// One kind of hostile connection.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) version: Version,
    /// What is sent, with a pause after each part.
    pub(crate) parts: Vec<Vec<u8>>,
    pub(crate) pause: Duration,
    pub(crate) ending: Ending,
    pub(crate) expected: Expected,
}

impl Kind {
    /// Bytes that are sent at once.
    pub(crate) fn new(name: impl Into<String>, version: Version, bytes: Vec<u8>, expected: Expected) -> Self {
        let (name, parts) = (name.into(), vec![bytes]);
        Self { name, version, parts, pause: Duration::ZERO, ending: Ending::Wait, expected }
    }

    /// A request, in both versions.
    pub(crate) fn both(name: &str, message: &Message, expected: Expected) -> [Self; 2] {
        Self::each(name, message, [expected; 2])
    }

    /// A request of which HTTP/1.1 and HTTP/2 expect different things.
    pub(crate) fn each(name: &str, message: &Message, [first, second]: [Expected; 2]) -> [Self; 2] {
        [
            Self::new(name, Version::Http1, message.http1(), first),
            Self::new(name, Version::Http2, message.http2(), second),
        ]
    }

    /// Ends the connection like this.
    pub(crate) fn ending(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Sends the bytes in parts of this size, with pauses.
    pub(crate) fn slowly(mut self, size: usize, pause: Duration) -> Self {
        let bytes = self.parts.concat();
        self.parts = bytes.chunks(size.max(1)).map(<[u8]>::to_vec).collect();
        self.pause = pause;
        self
    }

    /// Sends it to a listener. Returns what became of the connection.
    pub(crate) fn send(&self, listener: &str, address: SocketAddr) -> Result<Became> {
        self.sent(address).with_context(|| {
            format!("{listener}, {:?}, {}: {}", self.version, self.name, shown(&self.parts.concat()))
        })
    }

    fn sent(&self, address: SocketAddr) -> Result<Became> {
        let is_whole = |bytes: &[u8]| self.version.is_whole(bytes);
        let must_answer = self.expected != Expected::Any;
        let answer = exchange(address, &self.parts, self.pause, self.ending, is_whole, must_answer)?;
        let status = self.version.status(&answer.bytes);
        let text = shown(&answer.bytes);
        // The layer replies 500 if a filter loops, and Envoy if it has no filter. If a filter has failed, Envoy replies 503 with
        // these details.
        ensure!(status != Some(500), "status 500: {text}");
        ensure!(FAILED.iter().all(|details| !contains(&answer.bytes, details)), "{FILTER_FAILED}: {text}");
        match self.expected {
            Expected::Any => {}
            Expected::Served => ensure!(status == Some(200), "expected 200, got {status:?}: {text}"),
            Expected::Refused => ensure!(
                status.is_none_or(|status| (400..500).contains(&status) || status == NOT_IMPLEMENTED),
                "expected a refusal, got {status:?}: {text}"
            ),
        }
        Ok(match status {
            Some(status) => Became::Answered(status),
            None if matches!(self.ending, Ending::Leave(_) | Ending::Reset(_)) => Became::Left,
            None if answer.is_closed || is_whole(&answer.bytes) => Became::Closed,
            None => Became::Unanswered,
        })
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// Shows the beginning of some bytes.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 200;
    let more = if bytes.len() > MOST { "..." } else { "" };
    format!("{}{more}", bytes.get(..MOST).unwrap_or(bytes).escape_ascii())
}
