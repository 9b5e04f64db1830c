//! Why a configuration is refused, and where the mistake is.

use std::borrow::Cow;

use proxy_filter::config::from_protobuf;
use serde::Serialize;
use serde_json::Value;

use crate::log::LogLine;

/// What the layer logs before the reason.
const REFUSED: &str = "configuration refused: ";

/// Why a filter refused its configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The level of the line that the filter logged.
    pub level: String,
    /// The whole line, as the filter logged it.
    pub text: String,
    /// The reason, without the place.
    pub message: String,
    /// The place of the mistake in the configuration, such as `response[0].name`. Absent if the whole is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The line and column, counted from 1, if the configuration is not JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<(u64, u64)>,
}

impl Refusal {
    /// Takes what the filter logged while it was configured, and the last line of it. A panic explains more than the lines
    /// after it.
    pub fn new(log: &[LogLine], last: &str, configuration: &[u8]) -> Self {
        let LogLine { level, text } =
            log.iter().find(|line| line.is_panic()).cloned().unwrap_or(LogLine::parse(last));
        let mut refusal = Self { level, text, message: String::new(), place: None, position: None };
        refusal.position = position_in(refusal.reason());
        // What Envoy passes on as protobuf, the filter reads as JSON.
        let json = from_protobuf(configuration).map_or(Cow::Borrowed(configuration), Cow::Owned);
        let document: Value = serde_json::from_slice(&json).unwrap_or_default();
        let (place, message) = refusal.split(places(&document));
        (refusal.message, refusal.place) = (message.to_owned(), place);
        refusal
    }

    /// Returns what the filter says: the place, if there is one, and the message.
    pub fn reason(&self) -> &str {
        self.text.strip_prefix(REFUSED).unwrap_or(&self.text)
    }

    /// Splits the [reason](Self::reason) into a place, if it begins with one of these, and the message. Takes the longest.
    pub fn split(&self, places: impl IntoIterator<Item = String>) -> (Option<String>, &str) {
        let reason = self.reason();
        let message_at = |place: &str| reason.strip_prefix(place)?.strip_prefix(": ");
        let places = places.into_iter().filter(|place| !place.is_empty());
        let found = places.filter_map(|place| message_at(&place).map(|message| (place, message)));
        match found.max_by_key(|(place, _)| place.len()) {
            Some((place, message)) => (Some(place), message),
            None => (None, reason),
        }
    }

    /// Returns the line that Envoy would log.
    pub fn as_envoy_logs_it(&self, filter: &str) -> String {
        format!("[{}][wasm] wasm log {filter} {filter}: {}", self.level, self.text)
    }
}

/// Returns the places of all values in a configuration, in the form of errors' places: `response[0].name`.
fn places(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(document, "", &mut found);
    found
}

fn collect(value: &Value, place: &str, found: &mut Vec<String>) {
    found.push(place.to_owned());
    let separator = if place.is_empty() { "" } else { "." };
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| collect(item, &format!("{place}[{at}]"), found));
        }
        Value::Object(fields) => {
            fields
                .iter()
                .for_each(|(name, value)| collect(value, &format!("{place}{separator}{name}"), found));
        }
        _ => {}
    }
}

/// Returns the position that a message about syntax names: `line 1 column 31`.
fn position_in(message: &str) -> Option<(u64, u64)> {
    let (_, rest) = message.rsplit_once("line ")?;
    let (line, rest) = rest.split_once(" column ")?;
    let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
    Some((line.parse().ok()?, digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str, configuration: &str) -> Refusal {
        Refusal::new(&[], &format!("Error: {REFUSED}{text}"), configuration.as_bytes())
    }

    #[test]
    fn places_are_those_of_the_configuration() {
        let configuration = r#"{"response": [{"name": "x y", "a b": 1}], "empty": 1}"#;
        for (text, place, message) in [
            (
                "response[0].name: `x y` is not a header name",
                Some("response[0].name"),
                "`x y` is not a header name",
            ),
            ("response[0].a b: unknown field `a b`", Some("response[0].a b"), "unknown field `a b`"),
            ("empty: give a number", Some("empty"), "give a number"),
            ("nothing: to do", None, "nothing: to do"),
            ("missing field `name`", None, "missing field `name`"),
        ] {
            let refusal = refusal(text, configuration);
            assert_eq!((refusal.place.as_deref(), refusal.message.as_str()), (place, message));
        }
    }

    #[test]
    fn places_are_found_in_protobuf() {
        let configuration = b"\x0a\x12\x0a\x05limit\x12\x09\x11\0\0\0\0\0\0\x14\x40";
        let found = Refusal::new(&[], "Error: configuration refused: limit: too small", configuration);
        assert_eq!((found.place.as_deref(), found.message.as_str()), (Some("limit"), "too small"));
    }

    #[test]
    fn mistakes_of_syntax_have_a_position() {
        let found =
            refusal("not valid JSON, which has no comments: remove the one at line 1 column 31", "{} //");
        assert_eq!((found.place, found.position), (None, Some((1, 31))));
        assert_eq!(refusal("a line 5 columns wide", "").position, None);
    }

    #[test]
    fn a_panic_comes_first() {
        let log = [LogLine::parse("Critical: a panic"), LogLine::parse("Error: later")];
        let refusal = Refusal::new(&log, "Error: later", b"");
        assert_eq!(refusal.as_envoy_logs_it("f"), "[critical][wasm] wasm log f f: a panic");
    }
}
