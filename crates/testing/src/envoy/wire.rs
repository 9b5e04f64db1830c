//! Sends and reads HTTP/1.1 bodies in parts.

use std::io::{BufRead, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use proxy_model::Headers;

/// The pause between two parts or chunks, so that Envoy reads them one at a time.
pub(super) const PAUSE: Duration = Duration::from_millis(100);

/// Sends a message. `head` must not have the headers that frame the body, or the empty line at the end. A body that has
/// several parts or trailers is sent in chunks, with a pause before each.
pub(super) fn send(
    connection: &mut TcpStream,
    mut head: Vec<u8>,
    body: &[Vec<u8>],
    trailers: &Headers,
) -> Result<()> {
    connection.set_nodelay(true)?;
    if body.len() <= 1 && trailers.is_empty() {
        let body = body.concat();
        head.extend(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        return Ok(connection.write_all(&[head, body].concat())?);
    }
    head.extend(b"transfer-encoding: chunked\r\n\r\n");
    connection.write_all(&head)?;
    for part in body {
        std::thread::sleep(PAUSE);
        connection.write_all(&[format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat())?;
    }
    let mut end = b"0\r\n".to_vec();
    for (name, value) in trailers.iter() {
        end.extend([name, b": ", value, b"\r\n"].concat());
    }
    end.extend(b"\r\n");
    std::thread::sleep(PAUSE);
    Ok(connection.write_all(&end)?)
}

/// Reads a chunked body and its trailers. The body becomes one part.
pub(super) fn read_chunks(reader: &mut impl BufRead) -> Result<(Vec<Vec<u8>>, Headers)> {
    let mut body = Vec::new();
    loop {
        let size = u64::from_str_radix(&String::from_utf8_lossy(&line(reader)?), 16)
            .context("the size of a chunk is not a number")?;
        reader.take(size).read_to_end(&mut body)?;
        if size == 0 {
            break;
        }
        line(reader)?;
    }
    let mut trailers = Headers::default();
    loop {
        let line = line(reader)?;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        let (name, value) = line.split_at(colon);
        trailers.append(name, value.get(1..).unwrap_or_default().trim_ascii_start());
    }
    let body = if body.is_empty() { Vec::new() } else { vec![body] };
    Ok((body, trailers))
}

/// Reads a line, which may have any bytes, without the white space at its end.
fn line(reader: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    Ok(line.trim_ascii_end().to_vec())
}
