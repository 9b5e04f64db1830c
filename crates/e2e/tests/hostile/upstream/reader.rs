//! Reads requests.

use std::io::Read;
use std::net::TcpStream;

use anyhow::{Result, ensure};

use super::head::value;

/// The most that is read of a request's head.
const LONGEST_HEAD: usize = 1 << 20;

/// Reads the head of a request, and keeps what follows it.
pub(super) fn read_head(connection: &mut TcpStream, received: &mut Vec<u8>) -> Result<String> {
    let end = read_until(connection, received, b"\r\n\r\n")?;
    let head = received.drain(..end).collect::<Vec<_>>();
    // Each byte is a character, so that no byte is lost.
    Ok(head.into_iter().map(char::from).collect())
}

/// Reads the body of a request to its end. Returns its trailers, each a line.
pub(super) fn read_body(
    connection: &mut TcpStream,
    head: &str,
    received: &mut Vec<u8>,
) -> Result<Vec<Vec<u8>>> {
    let mut trailers = Vec::new();
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
            trailers.push(line);
        }
    }
    Ok(trailers)
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
