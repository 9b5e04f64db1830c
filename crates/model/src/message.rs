//! HTTP requests and responses.

use crate::headers::Headers;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Headers, pseudo-headers first.
    pub headers: Headers,
    /// The parts in which the body arrives.
    pub body: Vec<Vec<u8>>,
    /// Trailers.
    pub trailers: Headers,
    /// The client's address, without a port.
    pub client: String,
}

impl Request {
    /// Creates a GET request for this path at `a.example`, from a client at 10.0.0.1.
    pub fn get(path: impl AsRef<[u8]>) -> Self {
        let mut headers = Headers::from_iter([(":method", "GET"), (":authority", "a.example")]);
        headers.append(":path", path);
        Self { headers, body: Vec::new(), trailers: Headers::default(), client: "10.0.0.1".into() }
    }

    /// Creates a POST request with a body that arrives in these parts.
    pub fn post(path: impl AsRef<[u8]>, body: &[&str]) -> Self {
        let mut request = Self::get(path);
        request.headers.replace(b":method", b"POST");
        request.body = parts(body);
        request
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Adds a trailer.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.append(name, value);
        self
    }

    /// Sets the target.
    #[must_use]
    pub fn path(mut self, path: impl AsRef<[u8]>) -> Self {
        self.headers.replace(b":path", path.as_ref());
        self
    }

    /// Sets the host.
    #[must_use]
    pub fn authority(mut self, authority: &str) -> Self {
        self.headers.replace(b":authority", authority.as_bytes());
        self
    }

    /// Sets the client's address.
    #[must_use]
    pub fn from(mut self, client: &str) -> Self {
        self.client = client.into();
        self
    }
}

/// Converts the parts of a body. Drops empty ones, which do not exist on the wire.
fn parts(body: &[&str]) -> Vec<Vec<u8>> {
    body.iter().filter(|part| !part.is_empty()).map(|part| part.as_bytes().to_vec()).collect()
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Headers, `:status` first.
    pub headers: Headers,
    /// The parts in which the body arrives.
    pub body: Vec<Vec<u8>>,
    /// Trailers.
    pub trailers: Headers,
}

impl Response {
    /// Creates a response with this status and nothing else.
    pub fn new(status: u16) -> Self {
        let headers = Headers::from_iter([(":status", status.to_string())]);
        Self { headers, body: Vec::new(), trailers: Headers::default() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Adds a trailer.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.trailers.append(name, value);
        self
    }

    /// Sets a body that arrives in these parts.
    #[must_use]
    pub fn body(mut self, body: &[&str]) -> Self {
        self.body = parts(body);
        self
    }

    /// Returns the status.
    pub fn status(&self) -> u16 {
        self.headers.values(":status").first().and_then(|status| status.parse().ok()).unwrap_or_default()
    }
}
