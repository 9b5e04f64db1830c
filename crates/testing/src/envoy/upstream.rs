//! An HTTP upstream that sends a test's response and records the requests.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use proxy_model::{Headers, Request, Response};

use super::wire;

/// A listening upstream.
pub struct Upstream {
    address: SocketAddr,
    response: Arc<Mutex<Response>>,
    requests: Receiver<Request>,
}

impl Upstream {
    /// Starts an upstream with this response on a free port.
    ///
    /// # Errors
    /// Loopback has no free port.
    pub fn start(response: Response) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let response = Arc::new(Mutex::new(response));
        let (sender, requests) = channel();
        let responses = Arc::clone(&response);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (responses, sender) = (Arc::clone(&responses), sender.clone());
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(connection);
                    // Records the request before the response, so that it is there once the client has the
                    // response. A connection that ends early is not an error here.
                    if let Ok(request) = read(&mut reader) {
                        _ = sender.send(request);
                        // Not before the request: Envoy may use a connection that it opened for an earlier one, which a
                        // filter then refused.
                        let response = responses.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        _ = respond(reader.get_mut(), &response);
                    }
                });
            }
        });
        Ok(Self { address, response, requests })
    }

    /// Returns the address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sets the response to requests that arrive from now on.
    pub fn set(&self, response: Response) {
        *self.response.lock().unwrap_or_else(PoisonError::into_inner) = response;
    }

    /// Returns the requests that arrived since the last time.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn respond(connection: &mut TcpStream, response: &Response) -> Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\n", response.status()).into_bytes();
    for (name, value) in response.headers.iter().filter(|(name, _)| *name != b":status") {
        head.extend([name, b": ", value, b"\r\n"].concat());
    }
    head.extend(b"connection: close\r\n");
    wire::send(connection, head, &response.body, &response.trailers)
}

fn read(reader: &mut BufReader<TcpStream>) -> Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            bail!("the connection ended before the end of the headers");
        }
    }
    let (line, rest) = split_line(&head).context("no line")?;
    let (method, path) = method_and_target(line).context("no request line")?;
    let mut slots = [httparse::EMPTY_HEADER; 128];
    let httparse::Status::Complete((_, parsed)) = httparse::parse_headers(rest, &mut slots)? else {
        bail!("the headers do not end");
    };
    let mut headers = Headers::from_iter([(":method", method), (":path", path)]);
    for header in parsed {
        let name = if header.name.eq_ignore_ascii_case("host") { ":authority" } else { header.name };
        headers.append(name, header.value);
    }
    let mut request = Request { headers, ..Request::get(path) };
    if let Some(length) = request.headers.first(b"content-length") {
        let length: usize = std::str::from_utf8(length)?.parse()?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).context("the connection ended before the end of the body")?;
        request.body.extend((!body.is_empty()).then_some(body));
    } else if request.headers.first(b"transfer-encoding").is_some() {
        (request.body, request.trailers) = wire::read_chunks(reader)?;
    }
    Ok(request)
}

/// Splits a message after its first line.
fn split_line(head: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = head.windows(2).position(|window| window == b"\r\n")?;
    Some((head.get(..end)?, head.get(end.saturating_add(2)..)?))
}

/// Splits a request line. The target may have any bytes, so that tests see what a filter wrote.
fn method_and_target(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = line.iter().position(|byte| *byte == b' ')?;
    let last = line.iter().rposition(|byte| *byte == b' ')?;
    Some((line.get(..first)?, line.get(first.saturating_add(1)..last)?))
}
