//! An HTTP upstream that answers what a test says and shows what it was asked.

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
    answer: Arc<Mutex<Response>>,
    requests: Receiver<Request>,
}

impl Upstream {
    /// Starts one on a free port that gives this answer.
    ///
    /// # Errors
    /// Loopback has no free port.
    pub fn start(answer: Response) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let answer = Arc::new(Mutex::new(answer));
        let (sender, requests) = channel();
        let answers = Arc::clone(&answer);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let answer = answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let sender = sender.clone();
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(connection);
                    // Shown before it is answered, so that whoever has the answer finds the request.
                    // A connection that ends in the middle is the client's affair.
                    if let Ok(request) = read(&mut reader) {
                        _ = sender.send(request);
                        _ = respond(reader.get_mut(), &answer);
                    }
                });
            }
        });
        Ok(Self { address, answer, requests })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Gives this answer from the next connection on.
    pub fn set(&self, response: Response) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = response;
    }

    /// The requests that came since the last call.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn respond(connection: &mut TcpStream, answer: &Response) -> Result<()> {
    let mut head = format!("HTTP/1.1 {} -\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers.iter().filter(|(name, _)| *name != b":status") {
        head.extend([name, b": ", value, b"\r\n"].concat());
    }
    head.extend(b"connection: close\r\n");
    wire::send(connection, head, &answer.body, &answer.trailers)
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
    let mut request = Request { headers, ..Request::get(path) };
    if let Some(length) = request.headers.first(b"content-length") {
        let length = std::str::from_utf8(length)?.parse()?;
        let mut body = Vec::new();
        reader.take(length).read_to_end(&mut body)?;
        request.body.extend((!body.is_empty()).then_some(body));
    } else if request.headers.first(b"transfer-encoding").is_some() {
        (request.body, request.trailers) = wire::read_chunks(reader)?;
    }
    Ok(request)
}
