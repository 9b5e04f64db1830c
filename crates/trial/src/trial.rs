//! What to send through a filter, and how the upstream and other services respond.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::span::Span;

/// The name of a plugin that has none.
pub(crate) const PLUGIN: &str = "plugin";

/// Names and values.
pub type HeaderList = Vec<(String, Bytes)>;

/// What to send through a filter. Everything has a default: a GET request for `/` and a response with the status 200.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The plugin's name, which the names of its metrics contain: `plugin` by default.
    pub plugin: String,
    /// The filter's configuration.
    pub configuration: Bytes,
    /// What the client and the upstream send.
    pub traffic: Traffic,
    /// The services that the filter can call. Others do not exist.
    pub services: Vec<Service>,
    /// How often to send it, and how much time passes in between.
    pub repeat: Repeat,
}

/// What the client and the upstream send.
#[derive(Clone, Debug, PartialEq)]
pub enum Traffic {
    /// An HTTP request and its response.
    Http(Request, UpstreamResponse),
    /// A TCP connection.
    Tcp(Chunks),
}

/// A request, as a proxy in front passes it on. A header `host` sets the authority, which is `a.example` otherwise, and one
/// such as `:method` sets a pseudo-header. `:scheme` and `x-forwarded-proto` mean the same: the filter sees both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The method.
    pub method: String,
    /// `http` or `https`.
    pub scheme: String,
    /// The path with its query, or a URL, which also sets the scheme and the authority.
    pub path: String,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: Bytes,
    /// The trailers.
    pub trailers: HeaderList,
    /// The client's address.
    pub from: Option<IpAddr>,
}

/// The upstream's response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UpstreamResponse {
    /// The status, from 100 to 599.
    #[serde(deserialize_with = "status")]
    pub status: u16,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: Bytes,
    /// The trailers.
    pub trailers: HeaderList,
}

/// How an HTTP service responds to all calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The name of its cluster.
    pub cluster: String,
    /// The status, from 100 to 599.
    #[serde(default = "ok", deserialize_with = "status")]
    pub status: u16,
    /// The headers.
    #[serde(default)]
    pub headers: HeaderList,
    /// The body.
    #[serde(default)]
    pub body: Bytes,
}

/// What both sides of a connection send. Each chunk arrives on its own. The upstream sends when the client has sent
/// everything and closed its side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chunks {
    /// The client's chunks.
    pub client: Vec<Bytes>,
    /// The upstream's chunks.
    pub upstream: Vec<Bytes>,
}

/// How often to send the same. The clock of the model stands still but for these pauses.
#[derive(Clone, Debug, PartialEq)]
pub struct Repeat {
    /// How many times to send it, from 1 to [`MAX_TIMES`](Self::MAX_TIMES).
    pub times: u32,
    /// The time that passes before each repetition. If there are more repetitions than pauses, the last pause is used again.
    pub pauses: Vec<Span>,
}

impl Repeat {
    /// The largest number of times.
    pub const MAX_TIMES: u32 = 10_000;

    /// Returns the pause before a repetition; the first repetition is 0.
    pub(crate) fn pause_before(&self, repetition: usize) -> Span {
        self.pauses.get(repetition).or(self.pauses.last()).copied().unwrap_or_default()
    }
}

impl Default for Trial {
    fn default() -> Self {
        let (configuration, traffic, services, repeat) = Default::default();
        Self { plugin: PLUGIN.to_owned(), configuration, traffic, services, repeat }
    }
}

impl Default for Repeat {
    fn default() -> Self {
        Self { times: 1, pauses: Vec::new() }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::Http(Request::default(), UpstreamResponse::default())
    }
}

impl Default for Request {
    fn default() -> Self {
        let (headers, trailers, body) = Default::default();
        let (method, scheme, path) = ("GET".into(), "http".into(), "/".into());
        Self { method, scheme, path, headers, body, trailers, from: None }
    }
}

impl Default for UpstreamResponse {
    fn default() -> Self {
        let (headers, trailers, body) = Default::default();
        Self { status: ok(), headers, body, trailers }
    }
}

fn ok() -> u16 {
    200
}

fn status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    match (100..600).contains(&status) {
        true => Ok(status),
        false => Err(serde::de::Error::custom(format!("{status} is not a status: give 100 to 599"))),
    }
}
