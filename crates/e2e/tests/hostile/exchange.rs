//! One connection: what is sent, how it ends, and what comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::h2::{self, kind};
use socket2::SockRef;

/// The longest time until a response that must come is there.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long to listen for a response that need not come.
const QUIET: Duration = Duration::from_millis(25);

/// How a client ends its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Waits for the response, then closes.
    Wait,
    /// Closes its side, and waits for the response.
    HalfClose,
    /// Closes without reading, after a while.
    Leave(Duration),
    /// Resets, after a while.
    Reset(Duration),
}

/// What must come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The upstream's response.
    Served,
    /// A status of Envoy's own, or the end of the connection or of the stream.
    Refused,
    /// Any response, or none.
    Any,
}

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// What came back.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// The peer has closed or reset the connection.
    pub(crate) is_closed: bool,
}

/// Sends parts, with a pause after each, and ends the connection. The peer may close it at any time.
pub(crate) fn exchange(
    address: SocketAddr,
    parts: &[Vec<u8>],
    pause: Duration,
    ending: Ending,
    is_whole: impl Fn(&[u8]) -> bool,
    must_answer: bool,
) -> Result<Answer> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    connection.set_write_timeout(Some(PATIENCE))?;
    for part in parts {
        // The peer may have closed it: what it said before is still there.
        if connection.write_all(part).is_err() {
            break;
        }
        if !pause.is_zero() {
            std::thread::sleep(pause);
        }
    }
    match ending {
        Ending::Leave(after) => {
            std::thread::sleep(after);
            return Ok(Answer::default());
        }
        Ending::Reset(after) => {
            std::thread::sleep(after);
            SockRef::from(&connection).set_linger(Some(Duration::ZERO))?;
            return Ok(Answer::default());
        }
        Ending::HalfClose => _ = connection.shutdown(Shutdown::Write),
        Ending::Wait => {}
    }
    read(&mut connection, is_whole, must_answer)
}

/// Reads until the response is whole, the peer closes, or it says nothing more.
fn read(connection: &mut TcpStream, is_whole: impl Fn(&[u8]) -> bool, must_answer: bool) -> Result<Answer> {
    let (mut answer, mut part, start) = (Answer::default(), [0; 16 * 1024], Instant::now());
    connection.set_read_timeout(Some(if must_answer { PATIENCE } else { QUIET }))?;
    while !is_whole(&answer.bytes) {
        ensure!(start.elapsed() < PATIENCE, "no end of the response within {} s", PATIENCE.as_secs());
        match connection.read(&mut part) {
            Ok(0) => answer.is_closed = true,
            Ok(size) => answer.bytes.extend_from_slice(part.get(..size).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                answer.is_closed = true;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ensure!(!must_answer, "no response within {} s", PATIENCE.as_secs());
                break;
            }
            Err(error) => return Err(error.into()),
        }
        if answer.is_closed {
            break;
        }
    }
    Ok(answer)
}

impl Version {
    /// Returns whether a response, or a refusal, is whole.
    pub(crate) fn is_whole(self, bytes: &[u8]) -> bool {
        match self {
            Self::Http1 => is_whole_http1(bytes),
            Self::Http2 => {
                let ends = |frame: &h2::Frame<'_>| match frame.kind {
                    kind::DATA | kind::HEADERS => {
                        frame.flags & h2::flag::END_STREAM != 0 && frame.stream == super::message::STREAM
                    }
                    kind::RST_STREAM | kind::GOAWAY => true,
                    _ => false,
                };
                h2::frames(bytes).0.iter().any(ends)
            }
        }
    }

    /// Returns the status of a response, without those that only inform.
    pub(crate) fn status(self, bytes: &[u8]) -> Option<u16> {
        match self {
            Self::Http1 => http1_status(without_informing(bytes)),
            Self::Http2 => h2::frames(bytes)
                .0
                .iter()
                .filter(|frame| frame.kind == kind::HEADERS)
                .filter_map(|frame| h2::status(frame.payload))
                .find(|status| *status >= 200),
        }
    }
}

/// Skips responses such as `100 Continue`.
fn without_informing(mut bytes: &[u8]) -> &[u8] {
    while bytes.starts_with(b"HTTP/1.1 1") && !bytes.starts_with(b"HTTP/1.1 101") {
        let Some(end) = head_end(bytes) else { break };
        bytes = bytes.get(end..).unwrap_or_default();
    }
    bytes
}

fn http1_status(bytes: &[u8]) -> Option<u16> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 ").or_else(|| bytes.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()
}

fn is_whole_http1(bytes: &[u8]) -> bool {
    let bytes = without_informing(bytes);
    let Some(end) = head_end(bytes) else { return false };
    let Ok(head) = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).map(str::to_ascii_lowercase)
    else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    let body = bytes.get(end..).unwrap_or_default();
    match length {
        Some(length) => body.len() >= length,
        None => head.contains("transfer-encoding: chunked") && is_last_chunk(body),
    }
}

/// Returns whether a chunked body ends, with trailers or without.
fn is_last_chunk(body: &[u8]) -> bool {
    const LAST: &[u8] = b"0\r\n";
    let has_last = body.starts_with(LAST) || body.windows(5).any(|window| window == b"\r\n0\r\n");
    has_last && body.ends_with(b"\r\n\r\n")
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    const END: &[u8] = b"\r\n\r\n";
    bytes.windows(END.len()).position(|window| window == END)?.checked_add(END.len())
}
