//! The upstream of every listener: it checks what the filters let through, and responds as the request asks it to.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use harness::chained::{OWN, REMOVED, SET};

use crate::responses;

/// The request header that names the listener. Envoy's route sets it.
pub(crate) const LISTENER: &str = "x-listener";

/// The request header with the number of a hostile response.
pub(crate) const RESPONSE: &str = "x-response";

/// The request header that asks for no response.
pub(crate) const HANG: &str = "x-hang";

/// What a client writes into headers that only filters may write.
pub(crate) const FORGED: &str = "forged-by-the-client";

/// What is in requests that Envoy must not see as requests.
pub(crate) const SMUGGLED: &str = "/smuggled";

/// The body of ordinary responses, which rate-limit-body reads.
const BODY: &str = r#"{"usage": {"total_tokens": 3}}"#;

/// The most that is read of a request's head.
const LONGEST_HEAD: usize = 1 << 20;

#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    hanging: AtomicUsize,
    /// What should not have come through.
    wrong: Mutex<Vec<String>>,
}

impl Upstream {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let upstream = Self { address: listener.local_addr()?, seen: Arc::default() };
        let running = upstream.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let upstream = running.clone();
                std::thread::spawn(move || upstream.serve(connection));
            }
        });
        Ok(upstream)
    }

    /// Returns the number of requests so far.
    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// Returns the number of requests that wait for no response.
    pub(crate) fn hanging(&self) -> usize {
        self.seen.hanging.load(Ordering::SeqCst)
    }

    /// Fails if a request came through that a filter should have changed or Envoy should not have seen.
    pub(crate) fn expect_nothing_wrong(&self) -> Result<()> {
        let wrong = self.seen.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        ensure!(wrong.is_empty(), "{} wrong requests, the first: {:?}", wrong.len(), wrong.first());
        Ok(())
    }

    fn note(&self, wrong: Option<String>) {
        self.seen.wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
    }

    /// Serves the requests of a connection until it closes.
    fn serve(&self, mut connection: TcpStream) -> Result<()> {
        connection.set_nodelay(true)?;
        let mut received = Vec::new();
        loop {
            let head = read_head(&mut connection, &mut received)?;
            self.seen.requests.fetch_add(1, Ordering::Relaxed);
            self.note(wrong(&head));
            if value(&head, HANG).is_some() {
                self.seen.hanging.fetch_add(1, Ordering::SeqCst);
                // Until Envoy closes the connection.
                let ended = connection.read_to_end(&mut received);
                self.seen.hanging.fetch_sub(1, Ordering::SeqCst);
                ended?;
                return Ok(());
            }
            if let Some(number) = value(&head, RESPONSE) {
                return respond(&mut connection, number);
            }
            self.note(read_body(&mut connection, &head, &mut received)?);
            connection.write_all(ordinary().as_bytes())?;
        }
    }
}

fn ordinary() -> String {
    let headers =
        "content-type: application/json\r\nx-cost: 3\r\nset-cookie: id=1; Path=/; Domain=a.internal";
    format!("HTTP/1.1 200 OK\r\n{headers}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len())
}

/// Sends a hostile response in its parts, and closes.
fn respond(connection: &mut TcpStream, number: &str) -> Result<()> {
    let all = responses::all();
    let Some(response) = number.parse().ok().and_then(|number: usize| all.get(number)) else {
        bail!("no response {number}");
    };
    for part in &response.parts {
        connection.write_all(part)?;
        if response.parts.len() > 1 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

/// Returns what is wrong with a request.
fn wrong(head: &str) -> Option<String> {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let listener = value(head, LISTENER)?;
    let is_changed = |filter: &str| listener == "all" || listener.starts_with(filter);
    let (set, prod) = SET;
    if target.contains(SMUGGLED) {
        return Some(format!("{listener}: smuggled: {head:?}"));
    }
    if is_changed("add-header") {
        if fields(head).filter(|(name, _)| *name == set).map(|(_, value)| value).ne([prod]) {
            return Some(format!("{listener}: not one `{set}: {prod}`: {head:?}"));
        }
        if let Some((name, _)) = fields(head).find(|(name, _)| name.starts_with(REMOVED)) {
            return Some(format!("{listener}: {name} is still there: {head:?}"));
        }
    }
    // path-rewrite-reverse has another configuration.
    if listener == "all" || listener == "path-rewrite" {
        let is_own = |name: &str| OWN.contains(&name.replace('_', "-").as_str());
        if let Some((name, _)) = fields(head).find(|(name, value)| is_own(name) && value.contains(FORGED)) {
            return Some(format!("{listener}: {name} is forged: {head:?}"));
        }
    }
    None
}

fn fields(head: &str) -> impl Iterator<Item = (&str, &str)> {
    head.split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
}

fn value<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    fields(head).find(|(n, _)| *n == name).map(|(_, value)| value)
}

/// Reads the head of a request, and keeps what follows it.
fn read_head(connection: &mut TcpStream, received: &mut Vec<u8>) -> Result<String> {
    let end = read_until(connection, received, b"\r\n\r\n")?;
    let head = received.drain(..end).collect::<Vec<_>>();
    // Each byte is a character, so that no byte is lost.
    Ok(head.into_iter().map(char::from).collect())
}

/// Reads the body of a request to its end. Returns what is wrong with its trailers.
fn read_body(connection: &mut TcpStream, head: &str, received: &mut Vec<u8>) -> Result<Option<String>> {
    let mut wrong = None;
    if let Some(length) = value(head, "content-length").and_then(|length| length.parse::<usize>().ok()) {
        while received.len() < length {
            more(connection, received)?;
        }
        received.drain(..length);
    }
    if value(head, "transfer-encoding").is_some() {
        loop {
            let end = read_until(connection, received, b"\r\n")?;
            let line = received.drain(..end).collect::<Vec<_>>();
            let size = String::from_utf8_lossy(&line);
            let size = usize::from_str_radix(size.trim_end().split(';').next().unwrap_or_default(), 16)?;
            if size == 0 {
                break;
            }
            while received.len() < size + 2 {
                more(connection, received)?;
            }
            received.drain(..size + 2);
        }
        // Trailers, and the empty line after them.
        loop {
            let end = read_until(connection, received, b"\r\n")?;
            let line = received.drain(..end).collect::<Vec<_>>();
            if line == b"\r\n" {
                break;
            }
            if line.to_ascii_lowercase().starts_with(REMOVED.as_bytes()) && changes_trailers(head) {
                wrong = Some(format!("a trailer is still there: {}", line.escape_ascii()));
            }
        }
    }
    Ok(wrong)
}

fn changes_trailers(head: &str) -> bool {
    value(head, LISTENER).is_some_and(|listener| listener == "all" || listener.starts_with("add-header"))
}

/// Reads until some bytes have arrived, and returns the position after them.
fn read_until(connection: &mut TcpStream, received: &mut Vec<u8>, end: &[u8]) -> Result<usize> {
    let mut searched = 0_usize;
    loop {
        let from = searched.saturating_sub(end.len());
        let rest = received.get(from..).unwrap_or_default();
        if let Some(found) = rest.windows(end.len()).position(|window| window == end) {
            return Ok(from + found + end.len());
        }
        searched = received.len();
        ensure!(searched < LONGEST_HEAD, "a head of more than {LONGEST_HEAD} bytes");
        more(connection, received)?;
    }
}

fn more(connection: &mut TcpStream, received: &mut Vec<u8>) -> Result<()> {
    let mut part = [0; 16 * 1024];
    let size = connection.read(&mut part)?;
    ensure!(size > 0, "closed");
    received.extend_from_slice(part.get(..size).unwrap_or_default());
    Ok(())
}
