//! HTTP requests through a filter.

use proxy_filter::entry::{HttpEntry, Plugin, Verdict};
use proxy_filter::sys::Map;

use crate::Proxy;
use crate::headers::Headers;

/// A request for `a.example` from a client at 10.0.0.1.
#[derive(Clone, Debug)]
pub struct Request {
    headers: Headers,
    source_address: String,
}

impl Request {
    /// A GET of this path.
    pub fn get(path: impl AsRef<[u8]>) -> Self {
        let mut headers = Headers::from_iter([(":method", "GET"), (":authority", "a.example")]);
        headers.append(":path", path);
        Self { headers, source_address: "10.0.0.1:4711".into() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The client's address and port.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        self.source_address = address.into();
        self
    }
}

/// What became of a request.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What the upstream saw; `None` if the filter replied.
    pub upstream: Option<Headers>,
    /// What the client got.
    pub response: Headers,
}

impl Exchange {
    /// The response's status.
    pub fn status(&self) -> u16 {
        self.response.values(":status").first().and_then(|status| status.parse().ok()).unwrap_or_default()
    }

    /// The target that the upstream saw.
    pub fn upstream_path(&self) -> String {
        self.upstream.as_ref().map(|headers| headers.values(":path").concat()).unwrap_or_default()
    }
}

/// A loaded HTTP filter.
pub struct HttpPlugin<F> {
    proxy: Proxy,
    plugin: Plugin<F>,
    upstream: Headers,
}

impl<F: HttpEntry> HttpPlugin<F> {
    pub(crate) fn new(proxy: Proxy, plugin: Plugin<F>) -> Self {
        Self { proxy, plugin, upstream: Headers::from_iter([(":status", "200"), ("server", "upstream")]) }
    }

    /// Sets the headers that the upstream answers with.
    #[must_use]
    pub fn upstream(mut self, headers: &[(&str, &str)]) -> Self {
        self.upstream = headers.iter().copied().collect();
        self
    }

    /// Sends a request through the filter to the upstream and back.
    pub fn send(&self, request: Request) -> Exchange {
        let state = &self.proxy.state;
        let address = request.source_address.into_bytes();
        state.attributes.borrow_mut().insert(b"source\0address".to_vec(), address);
        let mut stream = self.proxy.enter(|| self.plugin.http_stream(1));
        let mut phase = |map, headers| {
            state.phase.replace(Some((map, headers)));
            let verdict = self.proxy.enter(|| match map {
                Map::RequestHeaders => stream.request_headers(true),
                _ => stream.response_headers(true),
            });
            (verdict, state.phase.take().map(|(_, headers)| headers).unwrap_or_default())
        };
        let (upstream, answer) = match phase(Map::RequestHeaders, request.headers) {
            (Verdict::Continue, headers) => (Some(headers), self.upstream.clone()),
            (Verdict::Stop, _) => (None, state.reply.take().unwrap_or_default()),
        };
        let (_, response) = phase(Map::ResponseHeaders, answer);
        Exchange { upstream, response }
    }
}
