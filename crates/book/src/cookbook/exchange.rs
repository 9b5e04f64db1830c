//! What a job's requests are, and what they must lead to.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A request or a connection, and what is expected of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The request.
    pub request: Option<Request>,
    /// In jobs for TCP: the connection.
    pub tcp: Option<Connection>,
    /// What the upstream replies.
    #[serde(default)]
    pub upstream: Upstream,
    /// How often the request is sent. Each must meet the expectation.
    #[serde(default = "once")]
    pub repeat: u32,
    /// What is expected.
    pub expect: Expectation,
}

fn once() -> u32 {
    1
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Method; default: GET.
    #[serde(default = "get")]
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names and values. `:authority` is the host, `example.com` by default, and `:scheme` is `http` or `https`.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(default)]
    pub body: String,
    /// The client's address.
    #[serde(default = "client")]
    pub from: String,
}

fn get() -> String {
    "GET".into()
}

fn client() -> String {
    "192.0.2.1".into()
}

/// The host of requests that name none.
const HOST: &str = "example.com";

impl Request {
    /// Returns the host.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.pseudo(":authority").unwrap_or(HOST)
    }

    /// Returns the value of a header that HTTP/1.1 does not have.
    #[must_use]
    pub fn pseudo(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the headers without those that HTTP/1.1 does not have.
    pub fn plain_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        headers.filter(|(name, _)| !name.starts_with(':'))
    }
}

/// A TCP connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// What the client sends.
    pub send: String,
    /// The client's address on loopback.
    #[serde(default = "loopback")]
    pub from: String,
    /// Whether the client uses TLS.
    #[serde(default)]
    pub tls: bool,
    /// The server name that a client with TLS asks for.
    pub server_name: Option<String>,
}

fn loopback() -> String {
    "127.0.0.1".into()
}

/// What the upstream replies.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upstream {
    /// Status; default: 200.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: String,
}

impl Default for Upstream {
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: String::new() }
    }
}

/// What is expected of a request or a connection. What is not mentioned may be anything.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expectation {
    /// The status that the client gets.
    pub status: Option<u16>,
    /// Headers that the client gets.
    pub headers: BTreeMap<String, HeaderTest>,
    /// The body that the client gets.
    pub body: Option<String>,
    /// What the upstream receives.
    pub upstream: Option<Reached>,
    /// Milliseconds in which a limit allows another request. The test may take that long before this one, and then gets
    /// another response first.
    pub refill_ms: Option<u64>,
    /// TCP: how the upstream's line about the connection begins.
    pub logged: Option<String>,
    /// TCP: how the bytes begin that the upstream receives.
    pub received: Option<String>,
    /// TCP: how the bytes begin that the client gets.
    pub reply: Option<String>,
}

/// What is expected of a request at the upstream.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reached {
    /// Whether it arrives at all; default: true.
    pub reached: bool,
    /// Path and query.
    pub path: Option<String>,
    /// Headers.
    pub headers: BTreeMap<String, HeaderTest>,
    /// Envoy's cluster.
    pub cluster: Option<String>,
}

impl Default for Reached {
    fn default() -> Self {
        Self { reached: true, path: None, headers: BTreeMap::new(), cluster: None }
    }
}

/// What is expected of a header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum HeaderTest {
    /// Whether it is present.
    Present(bool),
    /// Its only value.
    Value(String),
    /// Its values.
    Values(Vec<String>),
}

impl HeaderTest {
    /// Returns whether a header with these values is as expected.
    #[must_use]
    pub fn holds(&self, values: &[String]) -> bool {
        match self {
            Self::Present(present) => *present != values.is_empty(),
            Self::Value(value) => values == [value.as_str()],
            Self::Values(expected) => values == expected,
        }
    }
}
