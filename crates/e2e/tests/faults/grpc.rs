//! A gRPC service that fails at a chosen point of a call, written frame by frame: libraries send no half-answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use harness::h2::flag::{ACK, END_HEADERS, END_STREAM};
use harness::h2::{self, PREFACE, kind};
use harness::upstream;

use crate::fault::Fault;

/// How long an answer that is late takes: longer than the filter waits.
const LATE: Duration = Duration::from_millis(400);

/// Fields of HPACK's static table.
const STATUS_200: u8 = 0x88;
const STATUS_500: u8 = 0x8e;

/// A `RateLimitResponse` whose code is `OVER_LIMIT`.
const OVER_LIMIT: [u8; 2] = [8, 2];

/// A listening service. Its threads end with the process.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    /// Set to have it limit every request, in place of failing.
    pub(crate) works: Arc<AtomicBool>,
}

impl Service {
    pub(crate) fn start(fault: Fault) -> Result<Self> {
        let works = Arc::default();
        let shared = Arc::clone(&works);
        let address = upstream::start(move |connection| {
            Connection { connection, fault, works: Arc::clone(&shared) }.serve()
        })?;
        Ok(Self { address, works })
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
        self.connection.read_exact(&mut [0; PREFACE.len()])?;
        self.frame(kind::SETTINGS, 0, 0, &[])?;
        let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
        loop {
            let (frames, size) = h2::frames(&bytes);
            for frame in frames {
                match frame.kind {
                    kind::SETTINGS if frame.flags & ACK == 0 => self.frame(kind::SETTINGS, ACK, 0, &[])?,
                    kind::DATA if frame.flags & END_STREAM != 0 && works(self) => self.limit(frame.stream)?,
                    kind::DATA if frame.flags & END_STREAM != 0 => self.fail(frame.stream)?,
                    _ => {}
                }
            }
            bytes.drain(..size);
            match self.connection.read(&mut part)? {
                0 => return Ok(()),
                size => bytes.extend_from_slice(part.get(..size).unwrap_or_default()),
            }
        }
    }

    /// Limits a request.
    fn limit(&mut self, stream: u32) -> Result<()> {
        self.head(stream)?;
        self.frame(kind::DATA, 0, stream, &message(&OVER_LIMIT))?;
        self.trailers(stream, "0")
    }

    /// Fails. An error ends the connection.
    fn fail(&mut self, stream: u32) -> Result<()> {
        let reset = 2_u32.to_be_bytes();
        match self.fault {
            Fault::ClosedAtOnce | Fault::NotHttp2 | Fault::ClosedBeforeHeaders => bail!("closed"),
            Fault::Silent => return Ok(()),
            Fault::ResetBeforeHeaders => return self.frame(kind::RST_STREAM, 0, stream, &reset),
            Fault::GoesAway => return self.frame(kind::GOAWAY, 0, 0, &[0; 8]),
            Fault::Status500 => return self.fields(END_STREAM, stream, STATUS_500, &[]),
            Fault::Text => {
                self.fields(0, stream, STATUS_200, &[("content-type", "text/html")])?;
                return self.frame(kind::DATA, END_STREAM, stream, b"<html>hello</html>");
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
            Fault::ClosedInTheMessage | Fault::ResetInTheMessage => {
                self.frame(kind::DATA, 0, stream, half)?
            }
            Fault::HalfAMessage => self.frame(kind::DATA, 0, stream, half)?,
            Fault::EndlessMessage => self.frame(kind::DATA, 0, stream, &[0, 0xff, 0xff, 0xff, 0xff, 8, 2])?,
            Fault::EmptyMessage => self.frame(kind::DATA, 0, stream, &message(&[]))?,
            Fault::Garbage => self.frame(kind::DATA, 0, stream, &garbage)?,
            Fault::LargeGarbage => self.frame(kind::DATA, 0, stream, &message(&large))?,
            Fault::Compressed => self.frame(kind::DATA, 0, stream, &[1, 0, 0, 0, 2, 8, 2])?,
            Fault::StatusGarbage => return self.trailers(stream, "over"),
            Fault::Slow => {
                for byte in over_limit {
                    thread::sleep(LATE.div_f64(7.0));
                    self.frame(kind::DATA, 0, stream, &[byte])?;
                }
            }
            _ => {}
        }
        match self.fault {
            Fault::ClosedAfterHeaders | Fault::ClosedInTheMessage => bail!("closed"),
            Fault::ResetAfterHeaders | Fault::ResetInTheMessage => {
                self.frame(kind::RST_STREAM, 0, stream, &reset)
            }
            Fault::HeadersThenSilent => Ok(()),
            _ => self.trailers(stream, "0"),
        }
    }

    fn head(&mut self, stream: u32) -> Result<()> {
        self.fields(0, stream, STATUS_200, &[GRPC])
    }

    fn trailers(&mut self, stream: u32, status: &str) -> Result<()> {
        self.frame(
            kind::HEADERS,
            END_HEADERS | END_STREAM,
            stream,
            &h2::literal(b"grpc-status", status.as_bytes()),
        )
    }

    fn fields(&mut self, flags: u8, stream: u32, status: u8, fields: &[(&str, &str)]) -> Result<()> {
        let fields = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        self.frame(kind::HEADERS, END_HEADERS | flags, stream, &[vec![status], h2::fields(fields)].concat())
    }

    fn frame(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Result<()> {
        Ok(self.connection.write_all(&h2::frame(kind, flags, stream, payload))?)
    }
}

const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// Frames a message as gRPC does.
fn message(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or_default().to_be_bytes();
    [&[0], length.as_slice(), bytes].concat()
}
