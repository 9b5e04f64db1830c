//! An HTTP upstream that answers what a test says and shows what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use proxy_model::{Headers, Request, Response};

/// A listening upstream.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    answer: Arc<Mutex<Response>>,
    requests: Receiver<Request>,
}

impl Upstream {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let answer = Arc::new(Mutex::new(Response::new(200)));
        let (sender, requests) = channel();
        let answers = Arc::clone(&answer);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let answer = answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let mut reader = BufReader::new(connection);
                // Shown before it is answered, so that whoever has the answer finds the request.
                // A connection that ends in the middle is the client's affair.
                if let Ok(request) = read(&mut reader) {
                    _ = sender.send(request);
                    _ = respond(reader.get_mut(), &answer);
                }
            }
        });
        Ok(Self { address, answer, requests })
    }

    pub(crate) fn set(&self, response: Response) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = response;
    }

    /// The request that came last, if one came since the last call.
    pub(crate) fn last(&self) -> Option<Request> {
        self.requests.try_iter().last()
    }
}

fn respond(connection: &mut TcpStream, answer: &Response) -> std::io::Result<()> {
    let body = answer.body.concat();
    let mut head = format!("HTTP/1.1 {} -\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers.iter().filter(|(name, _)| *name != b":status") {
        head.extend([name, b": ", value, b"\r\n"].concat());
    }
    head.extend(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    connection.write_all(&[head, body].concat())
}

fn read(reader: &mut BufReader<TcpStream>) -> Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            bail!("the connection ended in the middle of the head");
        }
    }
    let mut slots = [httparse::EMPTY_HEADER; 128];
    let mut parsed = httparse::Request::new(&mut slots);
    _ = parsed.parse(&head)?;
    let (method, path) = (parsed.method.context("no method")?, parsed.path.context("no target")?);
    let mut headers = Headers::from_iter([(":method", method), (":path", path)]);
    for header in parsed.headers.iter() {
        let name = if header.name.eq_ignore_ascii_case("host") { ":authority" } else { header.name };
        headers.append(name, header.value);
    }
    let mut body = Vec::new();
    if let Some(length) = headers.first(b"content-length") {
        let length = std::str::from_utf8(length)?.parse()?;
        reader.take(length).read_to_end(&mut body)?;
    } else if headers.first(b"transfer-encoding").is_some() {
        body = read_chunks(reader)?;
    }
    let mut request = Request::get(path);
    request.headers = headers;
    request.body = if body.is_empty() { Vec::new() } else { vec![body] };
    Ok(request)
}

fn read_chunks(reader: &mut BufReader<TcpStream>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = u64::from_str_radix(line.trim(), 16).context("not a chunk")?;
        reader.take(size).read_to_end(&mut body)?;
        reader.read_line(&mut String::new())?;
        if size == 0 {
            return Ok(body);
        }
    }
}
