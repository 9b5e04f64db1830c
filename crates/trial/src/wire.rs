//! The JSON form of a trial, in which the traffic is not a field of its own.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bytes::Bytes;
use crate::span::Span;
use crate::trial::{Chunks, PLUGIN, Repeat, Request, Service, Traffic, Trial, UpstreamResponse};

/// The JSON form of a [`Trial`].
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default = "unnamed", skip_serializing_if = "is_unnamed")]
    plugin: String,
    #[serde(default)]
    configuration: Bytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<Request>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upstream: Option<UpstreamResponse>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tcp: Option<Chunks>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<Service>,
    #[serde(default = "once")]
    repeat: u32,
    #[serde(default, skip_serializing_if = "Pauses::is_none")]
    advance: Pauses,
}

fn unnamed() -> String {
    PLUGIN.to_owned()
}

fn is_unnamed(name: &str) -> bool {
    name == PLUGIN
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

impl Serialize for Trial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Trial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Wire::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl From<Trial> for Wire {
    fn from(trial: Trial) -> Self {
        let Trial { plugin, configuration, traffic, services, repeat: Repeat { times, pauses } } = trial;
        let (request, upstream, tcp) = match traffic {
            Traffic::Http(request, upstream) => (Some(request), Some(upstream), None),
            Traffic::Tcp(chunks) => (None, None, Some(chunks)),
        };
        let advance = match pauses.as_slice() {
            [one] => Pauses::One(*one),
            _ => Pauses::Each(pauses),
        };
        Self { plugin, configuration, request, upstream, tcp, services, repeat: times, advance }
    }
}

impl TryFrom<Wire> for Trial {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        let Wire { plugin, configuration, request, upstream, tcp, services, repeat, advance } = wire;
        let traffic = match (tcp, request, upstream) {
            (None, request, upstream) => {
                Traffic::Http(request.unwrap_or_default(), upstream.unwrap_or_default())
            }
            (Some(chunks), None, None) => Traffic::Tcp(chunks),
            _ => return Err("`tcp` excludes `request` and `upstream`: give one or the other".into()),
        };
        if !(1..=Repeat::MAX_TIMES).contains(&repeat) {
            return Err(format!("repeat: {repeat} is out of range: give 1 to {}", Repeat::MAX_TIMES));
        }
        let pauses = match advance {
            Pauses::One(pause) => vec![pause],
            Pauses::Each(pauses) => pauses,
        };
        let repeat = Repeat { times: repeat, pauses };
        let trial = Self { plugin, configuration, traffic, services, repeat };
        trial.check()?;
        Ok(trial)
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
            r#"{"plugin": "edge", "configuration": "{}", "request": {"path": "/a", "headers": [["x-a", "1"]], "from": "192.0.2.7"},
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
            (r#"{"request": {"path": "/a b"}}"#, "`/a b` is not a path"),
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
