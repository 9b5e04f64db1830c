//! What a job's requests are, and what they must lead to.

use std::collections::BTreeMap;

use proxy_filter_trial::{Request, UpstreamResponse};
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
    pub upstream: UpstreamResponse,
    /// How often the request is sent. Each must meet the expectation.
    #[serde(default = "once")]
    pub repeat: u32,
    /// What is expected.
    pub expect: Expectation,
}

fn once() -> u32 {
    1
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
