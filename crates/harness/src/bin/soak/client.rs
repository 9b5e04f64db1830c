//! Clients that keep their connections open, in both versions of HTTP.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use harness::h2::{self, PREFACE, flag, frame, kind, setting, settings};

use crate::request::Request;

/// The longest time until a response is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests in flight on a connection in HTTP/2.
pub(crate) const STREAMS: u32 = 8;

/// Requests after which a client opens another connection, as real ones do.
const MOST: u32 = 20_000;

/// What is counted if a connection ends before the response, in both versions of HTTP and in TCP.
pub(crate) const NOT_ANSWERED: [&str; 3] =
    ["not answered over HTTP/1.1", "not answered over HTTP/2", "TCP connections not answered"];

/// What add-header writes into each response that passes through it.
const MARK: &[u8] = b"\r\nx-code: ";

/// A client.
pub(crate) enum Client {
    Http1(Http1),
    Http2(Http2),
}

/// What became of a request: its status, or nothing if the connection ended before.
pub(crate) type Answer = Option<u16>;

impl Client {
    pub(crate) fn http1(address: SocketAddr) -> Self {
        Self::Http1(Http1 { address, connection: None, sent: 0 })
    }

    pub(crate) fn http2(address: SocketAddr) -> Self {
        Self::Http2(Http2 { address, connection: None, next: 1 })
    }

    /// Returns how many requests it sends at once.
    pub(crate) fn batch(&self) -> u32 {
        match self {
            Self::Http1(_) => 1,
            Self::Http2(_) => STREAMS,
        }
    }

    /// Returns how to count a request whose connection ended before the response.
    pub(crate) fn not_answered(&self) -> &'static str {
        let [http1, http2, _] = NOT_ANSWERED;
        match self {
            Self::Http1(_) => http1,
            Self::Http2(_) => http2,
        }
    }

    /// Sends requests and returns their answers in order.
    ///
    /// # Errors
    /// A response is not HTTP, lacks what a filter writes, or does not come.
    pub(crate) fn send(&mut self, requests: &[Request]) -> Result<Vec<Answer>> {
        match self {
            Self::Http1(client) => requests.iter().map(|request| client.send(request)).collect(),
            Self::Http2(client) => client.send(requests),
        }
    }
}

fn open(address: SocketAddr, first: &[u8]) -> Result<TcpStream> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.write_all(first)?;
    Ok(connection)
}

/// Reads more. Returns false at the end of the connection.
fn more(connection: &mut TcpStream, received: &mut Vec<u8>) -> Result<bool> {
    let mut part = [0; 16 * 1024];
    match connection.read(&mut part) {
        Ok(0) => Ok(false),
        Ok(size) => {
            received.extend_from_slice(part.get(..size).unwrap_or_default());
            Ok(true)
        }
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(false),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            bail!("no response within {} s", PATIENCE.as_secs())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) struct Http1 {
    address: SocketAddr,
    connection: Option<TcpStream>,
    sent: u32,
}

impl Http1 {
    fn send(&mut self, request: &Request) -> Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => open(self.address, b"")?,
        };
        self.sent = self.sent.wrapping_add(1);
        let mut received = Vec::new();
        if connection.write_all(&request.http1()).is_err() {
            return Ok(None);
        }
        loop {
            if !more(&mut connection, &mut received)? {
                ensure!(received.is_empty(), "half a response: {}", received.escape_ascii());
                return Ok(None);
            }
            if let Some((status, closes)) = response(&received)? {
                if !closes && !self.sent.is_multiple_of(MOST) {
                    self.connection = Some(connection);
                }
                return Ok(Some(status));
            }
        }
    }
}

/// Returns the status of a whole response, and whether the connection closes after it.
fn response(bytes: &[u8]) -> Result<Option<(u16, bool)>> {
    const END: &[u8] = b"\r\n\r\n";
    let Some(end) = bytes.windows(END.len()).position(|window| window == END) else { return Ok(None) };
    let head = bytes.get(..end).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let length: usize = field("content-length: ").with_context(|| format!("no length: {text}"))?.parse()?;
    let whole = end.saturating_add(END.len()).saturating_add(length);
    if bytes.len() < whole {
        return Ok(None);
    }
    ensure!(bytes.len() == whole, "more than a response: {}", bytes.escape_ascii());
    let status = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.with_context(|| format!("not HTTP: {text}"))?;
    // Filters that come before it answer without it.
    let must_pass = status == 200;
    ensure!(
        !must_pass || head.windows(MARK.len()).any(|window| window == MARK),
        "add-header did not run: {text}"
    );
    Ok(Some((status, field("connection: ") == Some("close"))))
}

pub(crate) struct Http2 {
    address: SocketAddr,
    connection: Option<TcpStream>,
    next: u32,
}

impl Http2 {
    fn send(&mut self, requests: &[Request]) -> Result<Vec<Answer>> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                self.next = 1;
                open(self.address, &hello())?
            }
        };
        let streams: Vec<u32> = (self.next..).step_by(2).take(requests.len()).collect();
        let frames: Vec<u8> =
            requests.iter().zip(&streams).flat_map(|(request, stream)| request.http2(*stream)).collect();
        self.next = streams.last().copied().unwrap_or(self.next).saturating_add(2);
        let (mut seen, mut received) = (Seen::default(), Vec::new());
        let is_open = connection.write_all(&frames).is_ok();
        while is_open && seen.ended.len() < requests.len() && more(&mut connection, &mut received)? {
            let (frames, size) = h2::frames(&received);
            frames.iter().try_for_each(|frame| seen.read(frame))?;
            received.drain(..size);
        }
        let is_whole = seen.ended.len() == requests.len();
        if is_whole && !seen.goes_away && self.next < MOST.saturating_mul(2) {
            self.connection = Some(connection);
        }
        Ok(streams.iter().map(|stream| seen.ended.get(stream).copied()).collect())
    }
}

/// What a connection in HTTP/2 has brought.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u32, u16>,
    /// The streams that have ended, with their statuses.
    ended: BTreeMap<u32, u16>,
    goes_away: bool,
}

impl Seen {
    fn read(&mut self, frame: &h2::Frame<'_>) -> Result<()> {
        match frame.kind {
            kind::HEADERS if !self.statuses.contains_key(&frame.stream) => {
                let status = h2::status(frame.payload).context("a response without a status")?;
                self.statuses.insert(frame.stream, status);
            }
            kind::HEADERS | kind::DATA => {}
            kind::GOAWAY => {
                let code = frame.payload.get(4..8).unwrap_or_default();
                ensure!(code == [0; 4], "Envoy closes the connection with error {code:?}");
                self.goes_away = true;
            }
            kind::RST_STREAM => bail!("stream {} was reset: {:?}", frame.stream, frame.payload),
            _ => {}
        }
        let has_end = matches!(frame.kind, kind::HEADERS | kind::DATA) && frame.flags & flag::END_STREAM != 0;
        if has_end && let Some(status) = self.statuses.get(&frame.stream) {
            self.ended.insert(frame.stream, *status);
        }
        Ok(())
    }
}

/// What a client sends first: no table for headers, and windows that never fill.
fn hello() -> Vec<u8> {
    const WINDOW: u32 = 1 << 30;
    let own = settings(&[(setting::HEADER_TABLE_SIZE, 0), (setting::INITIAL_WINDOW_SIZE, WINDOW)]);
    let acknowledged = frame(kind::SETTINGS, flag::ACK, 0, b"");
    [PREFACE, &own, &frame(kind::WINDOW_UPDATE, 0, 0, &WINDOW.to_be_bytes()), &acknowledged].concat()
}
