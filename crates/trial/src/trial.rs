//! What to send through a filter, and how the upstream and other services respond.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes;
use crate::span::Span;

/// Names and values.
pub type HeaderList = Vec<(String, Bytes)>;

/// What to send through a filter. Everything has a default: a GET request for `/` and a response with the status 200.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Trial {
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
    Http(Request, Upstream),
    /// A TCP connection.
    Tcp(Chunks),
}

/// A request. A header `host` sets the authority, which is `a.example` otherwise, and one such as `:scheme` sets a
/// pseudo-header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path, with its query.
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
pub struct Upstream {
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
    /// How many times to send it, from 1 to [`MOST`](Self::MOST).
    pub times: u32,
    /// The time that passes before each repetition. If there are more repetitions than pauses, the last pause is used again.
    pub pauses: Vec<Span>,
}

impl Repeat {
    /// The largest number of times.
    pub const MOST: u32 = 10_000;

    /// Returns the pause before a repetition; the first repetition is 0.
    pub(crate) fn pause_before(&self, repetition: usize) -> Span {
        self.pauses.get(repetition).or(self.pauses.last()).copied().unwrap_or_default()
    }
}

impl Default for Repeat {
    fn default() -> Self {
        Self { times: 1, pauses: Vec::new() }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::Http(Request::default(), Upstream::default())
    }
}

impl Default for Request {
    fn default() -> Self {
        let (headers, trailers, body) = Default::default();
        Self { method: "GET".into(), path: "/".into(), headers, body, trailers, from: None }
    }
}

impl Default for Upstream {
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

/// The JSON form of a [`Trial`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default)]
    configuration: Bytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upstream: Option<Upstream>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tcp: Option<Chunks>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<Service>,
    #[serde(default = "once")]
    repeat: u32,
    #[serde(default, skip_serializing_if = "Pauses::is_none")]
    advance: Pauses,
}

fn once() -> u32 {
    1
}

/// One pause for all repetitions, or one for each.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a length of time such as \"10s\", or a list of them")]
enum Pauses {
    One(Span),
    Each(Vec<Span>),
}

impl Pauses {
    fn is_none(&self) -> bool {
        matches!(self, Self::Each(pauses) if pauses.is_empty())
    }
}

impl Default for Pauses {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl From<Trial> for Wire {
    fn from(trial: Trial) -> Self {
        let Trial { configuration, traffic, services, repeat: Repeat { times, pauses } } = trial;
        let (request, upstream, tcp) = match traffic {
            Traffic::Http(request, upstream) => (Some(request), Some(upstream), None),
            Traffic::Tcp(chunks) => (None, None, Some(chunks)),
        };
        let advance = match pauses.as_slice() {
            [one] => Pauses::One(*one),
            _ => Pauses::Each(pauses),
        };
        Self { configuration, request, upstream, tcp, services, repeat: times, advance }
    }
}

impl TryFrom<Wire> for Trial {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let Wire { configuration, request, upstream, tcp, services, repeat, advance } = wire;
        let traffic = match (tcp, request, upstream) {
            (None, request, upstream) => {
                Traffic::Http(request.unwrap_or_default(), upstream.unwrap_or_default())
            }
            (Some(chunks), None, None) => Traffic::Tcp(chunks),
            _ => return Err("`tcp` excludes `request` and `upstream`: give one or the other".into()),
        };
        if !(1..=Repeat::MOST).contains(&repeat) {
            return Err(format!("repeat: {repeat} is out of range: give 1 to {}", Repeat::MOST));
        }
        let pauses = match advance {
            Pauses::One(pause) => vec![pause],
            Pauses::Each(pauses) => pauses,
        };
        Ok(Self { configuration, traffic, services, repeat: Repeat { times: repeat, pauses } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_defaults_and_returns() {
        let trial: Trial = serde_json::from_str("{}").unwrap();
        assert_eq!(trial, Trial::default());
        for json in [
            r#"{"configuration": "{}", "request": {"path": "/a", "headers": [["x-a", "1"]], "from": "192.0.2.7"},
                "services": [{"cluster": "auth"}], "repeat": 5, "advance": "10s"}"#,
            r#"{"tcp": {"client": ["a", [255]]}, "advance": ["0s", "1s"]}"#,
        ] {
            let trial: Trial = serde_json::from_str(json).unwrap();
            let again: Trial = serde_json::from_str(&serde_json::to_string(&trial).unwrap()).unwrap();
            assert_eq!(trial, again);
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (json, expected) in [
            (r#"{"requests": {}}"#, "unknown field `requests`"),
            (r#"{"request": {"header": []}}"#, "unknown field `header`"),
            (r#"{"request": {"from": "a"}}"#, "invalid IP address"),
            (r#"{"tcp": {}, "request": {}}"#, "`tcp` excludes `request`"),
            (r#"{"repeat": 0}"#, "give 1 to 10000"),
            (r#"{"upstream": {"status": 99}}"#, "99 is not a status"),
            (r#"{"advance": "10"}"#, "expected a length of time"),
        ] {
            let error = serde_json::from_str::<Trial>(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn the_last_pause_is_used_again() {
        let trial: Trial = serde_json::from_str(r#"{"repeat": 4, "advance": ["1s", "2s"]}"#).unwrap();
        let pauses: Vec<_> =
            (0..3).map(|repetition| trial.repeat.pause_before(repetition).to_string()).collect();
        assert_eq!(pauses, ["1s", "2s", "2s"]);
    }
}
