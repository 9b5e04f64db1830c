//! A gRPC service that fails at a chosen point of a call, written frame by frame: libraries send no half-answers.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

/// Where the service fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends as soon as it is accepted.
    ClosedAtOnce,
    /// It ends when the call has arrived.
    ClosedBeforeHeaders,
    ClosedAfterHeaders,
    ClosedInTheMessage,
    ResetBeforeHeaders,
    ResetAfterHeaders,
    ResetInTheMessage,
    GoesAway,
    /// The message is shorter than its length says, and the call ends.
    HalfAMessage,
    /// The message is longer than any may be.
    EndlessMessage,
    NoMessage,
    EmptyMessage,
    /// The message cannot be decoded.
    Garbage,
    LargeGarbage,
    Compressed,
    /// Bytes that are not HTTP/2.
    NotHttp2,
    /// A response that is not gRPC.
    Status500,
    Text,
    /// The status is an error, or no number.
    StatusUnavailable,
    StatusGarbage,
    Silent,
    HeadersThenSilent,
    /// The answer comes after the deadline.
    Late,
    /// A byte at a time, until after the deadline.
    Slow,
}

/// How long an answer that is late takes: longer than the filter waits.
const LATE: Duration = Duration::from_millis(400);

/// HTTP/2: frame types and flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// What a client sends before its first frame.
const PREFACE: usize = 24;

/// Fields of HPACK's static table.
const STATUS_200: u8 = 0x88;
const STATUS_500: u8 = 0x8e;

/// A `RateLimitResponse` whose code is `OVER_LIMIT`.
const OVER_LIMIT: [u8; 2] = [8, 2];

impl Fault {
    pub(crate) const ALL: [Self; 24] = [
        Self::ClosedAtOnce,
        Self::ClosedBeforeHeaders,
        Self::ClosedAfterHeaders,
        Self::ClosedInTheMessage,
        Self::ResetBeforeHeaders,
        Self::ResetAfterHeaders,
        Self::ResetInTheMessage,
        Self::GoesAway,
        Self::HalfAMessage,
        Self::EndlessMessage,
        Self::NoMessage,
        Self::EmptyMessage,
        Self::Garbage,
        Self::LargeGarbage,
        Self::Compressed,
        Self::NotHttp2,
        Self::Status500,
        Self::Text,
        Self::StatusUnavailable,
        Self::StatusGarbage,
        Self::Silent,
        Self::HeadersThenSilent,
        Self::Late,
        Self::Slow,
    ];
}

/// A listening service. Its threads end with the process.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    /// Set to have it limit every request, in place of failing.
    pub(crate) works: Arc<AtomicBool>,
}

impl Service {
    pub(crate) fn start(fault: Fault) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let service = Self { address: listener.local_addr()?, works: Arc::default() };
        let works = Arc::clone(&service.works);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let works = Arc::clone(&works);
                // Envoy may have closed the connection.
                thread::spawn(move || _ = Connection { connection, fault, works }.serve());
            }
        });
        Ok(service)
    }
}

struct Connection {
    connection: TcpStream,
    fault: Fault,
    works: Arc<AtomicBool>,
}

impl Connection {
    fn serve(&mut self) -> Result<()> {
        self.connection.set_nodelay(true)?;
        let works = |connection: &Self| connection.works.load(Ordering::Relaxed);
        match self.fault {
            Fault::ClosedAtOnce if !works(self) => return Ok(()),
            Fault::NotHttp2 if !works(self) => self.connection.write_all(b"SSH-2.0-OpenSSH_9.2\r\n")?,
            _ => {}
        }
        self.connection.read_exact(&mut [0; PREFACE])?;
        self.frame(SETTINGS, 0, 0, &[])?;
        loop {
            let mut head = [0; 9];
            self.connection.read_exact(&mut head)?;
            let [a, b, c, kind, flags, stream @ ..] = head;
            let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c]))?];
            self.connection.read_exact(&mut payload)?;
            match kind {
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, 0, &[])?,
                DATA if flags & END_STREAM != 0 => {
                    let stream = u32::from_be_bytes(stream);
                    if works(self) { self.limit(stream)? } else { self.fail(stream)? }
                }
                _ => {}
            }
        }
    }

    /// Limits a request.
    fn limit(&mut self, stream: u32) -> Result<()> {
        self.head(stream)?;
        self.frame(DATA, 0, stream, &message(&OVER_LIMIT))?;
        self.trailers(stream, "0")
    }

    /// Fails. An error ends the connection.
    fn fail(&mut self, stream: u32) -> Result<()> {
        let reset = 2_u32.to_be_bytes();
        match self.fault {
            Fault::ClosedAtOnce | Fault::NotHttp2 | Fault::ClosedBeforeHeaders => bail!("closed"),
            Fault::Silent => return Ok(()),
            Fault::ResetBeforeHeaders => return self.frame(RST_STREAM, 0, stream, &reset),
            Fault::GoesAway => return self.frame(GOAWAY, 0, 0, &[0; 8]),
            Fault::Status500 => return self.fields(END_STREAM, stream, STATUS_500, &[]),
            Fault::Text => {
                self.fields(0, stream, STATUS_200, &[("content-type", "text/html")])?;
                return self.frame(DATA, END_STREAM, stream, b"<html>hello</html>");
            }
            Fault::StatusUnavailable => {
                return self.fields(END_STREAM, stream, STATUS_200, &[GRPC, ("grpc-status", "14")]);
            }
            Fault::Late => {
                thread::sleep(LATE);
                return self.limit(stream);
            }
            _ => self.head(stream)?,
        }
        let (over_limit, large) = (message(&OVER_LIMIT), vec![0xff; 8000]);
        let garbage = message(&[0xff; 100]);
        let half = over_limit.get(..6).unwrap_or_default();
        match self.fault {
            Fault::ClosedInTheMessage | Fault::ResetInTheMessage => self.frame(DATA, 0, stream, half)?,
            Fault::HalfAMessage => self.frame(DATA, 0, stream, half)?,
            Fault::EndlessMessage => self.frame(DATA, 0, stream, &[0, 0xff, 0xff, 0xff, 0xff, 8, 2])?,
            Fault::EmptyMessage => self.frame(DATA, 0, stream, &message(&[]))?,
            Fault::Garbage => self.frame(DATA, 0, stream, &garbage)?,
            Fault::LargeGarbage => self.frame(DATA, 0, stream, &message(&large))?,
            Fault::Compressed => self.frame(DATA, 0, stream, &[1, 0, 0, 0, 2, 8, 2])?,
            Fault::StatusGarbage => return self.trailers(stream, "over"),
            Fault::Slow => {
                for byte in over_limit {
                    thread::sleep(LATE.div_f64(7.0));
                    self.frame(DATA, 0, stream, &[byte])?;
                }
            }
            _ => {}
        }
        match self.fault {
            Fault::ClosedAfterHeaders | Fault::ClosedInTheMessage => bail!("closed"),
            Fault::ResetAfterHeaders | Fault::ResetInTheMessage => self.frame(RST_STREAM, 0, stream, &reset),
            Fault::HeadersThenSilent => Ok(()),
            _ => self.trailers(stream, "0"),
        }
    }

    fn head(&mut self, stream: u32) -> Result<()> {
        self.fields(0, stream, STATUS_200, &[GRPC])
    }

    fn trailers(&mut self, stream: u32, status: &str) -> Result<()> {
        self.frame(HEADERS, END_HEADERS | END_STREAM, stream, &field("grpc-status", status))
    }

    fn fields(&mut self, flags: u8, stream: u32, status: u8, fields: &[(&str, &str)]) -> Result<()> {
        let fields = fields.iter().flat_map(|(name, value)| field(name, value));
        let block: Vec<_> = std::iter::once(status).chain(fields).collect();
        self.frame(HEADERS, END_HEADERS | flags, stream, &block)
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<()> {
        let [_, length @ ..] = u32::try_from(payload.len())?.to_be_bytes();
        let head = [length.as_slice(), &[kind, flags], &stream.to_be_bytes()].concat();
        Ok(self.connection.write_all(&[&head, payload].concat())?)
    }
}

const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// Encodes a header without compression.
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap_or_default()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// Frames a message as gRPC does.
fn message(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes();
    [&[0], length.as_slice(), bytes].concat()
}
