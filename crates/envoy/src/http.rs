//! An HTTP/1.1 client that sends any bytes, which client libraries rightly refuse to do.

use std::fmt;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// A request. Each is sent on a connection of its own.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Request target.
    pub target: Vec<u8>,
    /// Headers, `host` and `connection` included.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    /// A GET for `a.example`.
    pub fn get(target: impl AsRef<[u8]>) -> Self {
        let headers = vec![("host".into(), b"a.example".to_vec()), ("connection".into(), b"close".to_vec())];
        Self { method: "GET".into(), target: target.as_ref().to_vec(), headers }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// Sends the request and reads the whole response.
    ///
    /// # Errors
    /// The connection fails, or the response is not HTTP.
    pub fn send(&self, address: SocketAddr) -> Result<Response> {
        let mut connection =
            TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        connection.write_all(&self.to_bytes())?;
        receive(&mut connection)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.target, b" HTTP/1.1\r\n"].concat();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        bytes.extend(b"\r\n");
        bytes
    }
}

/// A response, with the transfer encoding removed from its body.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body.
    pub body: Vec<u8>,
    /// Trailers in order.
    pub trailers: Vec<(String, Vec<u8>)>,
}

impl Response {
    /// Returns all values of a header. Bytes that are not UTF-8 become U+FFFD.
    pub fn values(&self, name: &str) -> Vec<String> {
        let of_name = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// Returns the body as JSON.
    ///
    /// # Errors
    /// The body is not JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("the body is not JSON:\n{self}"))
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value))?;
        }
        write!(f, "\n{}", String::from_utf8_lossy(&self.body))
    }
}

/// Reads a whole response. With neither a `content-length` nor chunks the response ends with the connection. Envoy keeps the
/// connection open for another second after a reply of its own, so a known end saves time.
///
/// # Errors
/// The connection fails, or the response is not HTTP.
pub fn receive(connection: &mut TcpStream) -> Result<Response> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let size = connection.read(&mut part)?;
        bytes.extend_from_slice(part.get(..size).unwrap_or_default());
        if size == 0 {
            let response = parse(&bytes)?;
            let length =
                response.values("content-length").first().and_then(|text| text.parse::<usize>().ok());
            // 204 and 304 have no body; no test sends HEAD.
            let has_body = ![204, 304].contains(&response.status);
            ensure!(
                !has_body || length.is_none_or(|length| length == response.body.len()),
                "the body was cut off:\n{response}"
            );
            return Ok(response);
        }
        if let Ok(response) = parse(&bytes) {
            // Chunks are parsed once the last has arrived.
            let is_chunked = !response.values("transfer-encoding").is_empty();
            let length = response.values("content-length").first().and_then(|length| length.parse().ok());
            if is_chunked || length == Some(response.body.len()) {
                return Ok(response);
            }
        }
    }
}

/// Parses a whole response.
///
/// # Errors
/// The bytes are not HTTP, or are cut off.
pub fn parse(bytes: &[u8]) -> Result<Response> {
    let mut slots = [httparse::EMPTY_HEADER; 128];
    let mut head = httparse::Response::new(&mut slots);
    let parsed = head.parse(bytes).with_context(|| format!("not HTTP: {}", bytes.escape_ascii()))?;
    ensure!(parsed.is_complete(), "the response was cut off: {:?}", bytes.escape_ascii().to_string());
    let status = head.code.context("no status code")?;
    let headers: Vec<_> =
        head.headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect();
    let raw = bytes.get(parsed.unwrap()..).unwrap_or_default();
    let mut response = Response { status, headers, body: Vec::new(), trailers: Vec::new() };
    if response.values("transfer-encoding").is_empty() {
        response.body = raw.to_vec();
    } else {
        (response.body, response.trailers) = without_chunks(raw)?;
    }
    Ok(response)
}

type Trailers = Vec<(String, Vec<u8>)>;

fn without_chunks(mut raw: &[u8]) -> Result<(Vec<u8>, Trailers)> {
    let mut body = Vec::new();
    loop {
        let httparse::Status::Complete((start, size)) =
            httparse::parse_chunk_size(raw).map_err(|_| anyhow::anyhow!("not a chunked body"))?
        else {
            anyhow::bail!("the body was cut off");
        };
        raw = raw.get(start..).context("the body was cut off")?;
        if size == 0 {
            return Ok((body, trailers(raw)?));
        }
        let (chunk, rest) = raw.split_at_checked(usize::try_from(size)?).context("the body was cut off")?;
        body.extend_from_slice(chunk);
        raw = rest.strip_prefix(b"\r\n").context("not a chunked body")?;
    }
}

fn trailers(raw: &[u8]) -> Result<Trailers> {
    let mut slots = [httparse::EMPTY_HEADER; 128];
    match httparse::parse_headers(raw, &mut slots)? {
        httparse::Status::Complete((_, trailers)) => {
            Ok(trailers.iter().map(|trailer| (trailer.name.to_owned(), trailer.value.to_vec())).collect())
        }
        httparse::Status::Partial => anyhow::bail!("the trailers were cut off"),
    }
}
