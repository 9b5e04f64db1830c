//! A request in both versions of HTTP.

use harness::h2::{self, PREFACE, flag, frame, kind};

/// The most bytes of a frame that every peer accepts.
const FRAME: usize = 16 * 1024;

/// The stream of the only request of a connection.
pub(crate) const STREAM: u32 = 1;

/// A name or a value and its bytes.
pub(crate) type Field = (Vec<u8>, Vec<u8>);

/// A request with any bytes.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) method: Vec<u8>,
    pub(crate) scheme: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) host: Vec<u8>,
    pub(crate) headers: Vec<Field>,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Vec<Field>,
}

impl Message {
    /// A GET for `a.example`.
    pub(crate) fn get(target: impl AsRef<[u8]>) -> Self {
        Self {
            method: b"GET".into(),
            scheme: b"http".into(),
            target: target.as_ref().into(),
            host: b"a.example".into(),
            headers: Vec::new(),
            body: Vec::new(),
            trailers: Vec::new(),
        }
    }

    /// A POST with a body and a trailer.
    pub(crate) fn post(target: impl AsRef<[u8]>) -> Self {
        let trailers = vec![(b"x-sum".to_vec(), b"1".to_vec())];
        Self { method: b"POST".into(), body: b"a body".into(), trailers, ..Self::get(target) }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.as_ref().into(), value.as_ref().into()));
        self
    }

    /// Returns the request in HTTP/1.1, with a chunked body if there is one.
    pub(crate) fn http1(&self) -> Vec<u8> {
        let mut bytes =
            [&*self.method, b" ", &self.target, b" HTTP/1.1\r\nhost: ", &self.host, b"\r\n"].concat();
        let lines = |fields: &[Field]| -> Vec<u8> {
            fields.iter().flat_map(|(name, value)| [name, &b": "[..], value, b"\r\n"].concat()).collect()
        };
        bytes.extend(lines(&self.headers));
        if self.has_body() {
            let size = format!("{:x}\r\n", self.body.len());
            bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
            bytes.extend([size.as_bytes(), &self.body, b"\r\n0\r\n"].concat());
            bytes.extend(lines(&self.trailers));
        }
        bytes.extend(b"\r\n");
        bytes
    }

    /// Returns the request in HTTP/2, with what a client sends before it.
    pub(crate) fn http2(&self) -> Vec<u8> {
        [hello(), self.frames(STREAM)].concat()
    }

    /// Returns the request's frames.
    pub(crate) fn frames(&self, stream: u32) -> Vec<u8> {
        let end = if self.has_body() { 0 } else { flag::END_STREAM };
        let mut frames = blocks(&h2::fields(self.fields()), end, stream);
        if self.has_body() {
            frames.extend(frame(kind::DATA, 0, stream, &self.body));
            let trailers = h2::fields(borrowed(&self.trailers));
            frames.extend(blocks(&trailers, flag::END_STREAM, stream));
        }
        frames
    }

    /// Returns the fields of the request's head, pseudo-headers first.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let pseudo: [(&[u8], &[u8]); 4] = [
            (b":method", &self.method),
            (b":scheme", &self.scheme),
            (b":path", &self.target),
            (b":authority", &self.host),
        ];
        pseudo.into_iter().chain(borrowed(&self.headers))
    }

    fn has_body(&self) -> bool {
        !self.body.is_empty() || !self.trailers.is_empty()
    }
}

fn borrowed(fields: &[Field]) -> impl Iterator<Item = (&[u8], &[u8])> {
    fields.iter().map(|(name, value)| (&**name, &**value))
}

/// Returns what a client of HTTP/2 sends before its first request.
pub(crate) fn hello() -> Vec<u8> {
    [PREFACE, &h2::settings(&[])].concat()
}

/// Splits a block of headers into a frame and those that continue it.
pub(crate) fn blocks(block: &[u8], end: u8, stream: u32) -> Vec<u8> {
    let parts: Vec<_> = if block.is_empty() { vec![block] } else { block.chunks(FRAME).collect() };
    let last = parts.len().saturating_sub(1);
    let frame_of = |(index, part): (usize, &&[u8])| {
        let (kind, end) = if index == 0 { (kind::HEADERS, end) } else { (kind::CONTINUATION, 0) };
        let end_headers = if index == last { flag::END_HEADERS } else { 0 };
        frame(kind, end | end_headers, stream, part)
    };
    parts.iter().enumerate().flat_map(frame_of).collect()
}
