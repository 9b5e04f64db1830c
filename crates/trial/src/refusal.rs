//! Why a configuration is refused, and where the mistake is.

use serde::Serialize;
use serde_json::Value;

use crate::report::Line;

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
    /// Takes what the filter logged while it was configured. A panic explains more than the lines after it.
    pub(crate) fn new(log: &[Line], last: Line, configuration: &[u8]) -> Self {
        let Line { level, text } = log.iter().find(|line| line.is_panic()).cloned().unwrap_or(last);
        let reason = text.strip_prefix(REFUSED).unwrap_or(&text);
        let document: Value = serde_json::from_slice(configuration).unwrap_or_default();
        let place = place_in(reason, places(&document));
        let message =
            place.as_ref().and_then(|place| reason.strip_prefix(place.as_str())?.strip_prefix(": "));
        Self {
            message: message.unwrap_or(reason).to_owned(),
            position: position_in(reason),
            place,
            level,
            text,
        }
    }

    /// Returns the line that Envoy would log.
    pub fn as_envoy_logs_it(&self, filter: &str) -> String {
        format!("[{}][wasm] wasm log {filter} {filter}: {}", self.level, self.text)
    }
}

/// Returns the place of a configuration with which a message begins: the longest.
pub fn place_in(message: &str, places: impl IntoIterator<Item = String>) -> Option<String> {
    let begins =
        |place: &String| message.strip_prefix(place.as_str()).is_some_and(|rest| rest.starts_with(": "));
    places.into_iter().filter(|place| !place.is_empty()).filter(begins).max_by_key(String::len)
}

/// Returns the places of all values in a configuration, in the form of errors' places: `response[0].name`.
pub fn places(document: &Value) -> Vec<String> {
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
        Refusal::new(&[], Line::parse(&format!("Error: {REFUSED}{text}")), configuration.as_bytes())
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
    fn mistakes_of_syntax_have_a_position() {
        let found =
            refusal("not valid JSON, which has no comments: remove the one at line 1 column 31", "{} //");
        assert_eq!((found.place, found.position), (None, Some((1, 31))));
        assert_eq!(refusal("a line 5 columns wide", "").position, None);
    }

    #[test]
    fn a_panic_comes_first() {
        let log = [Line::parse("Critical: a panic"), Line::parse("Error: later")];
        let refusal = Refusal::new(&log, Line::parse("Error: later"), b"");
        assert_eq!(refusal.as_envoy_logs_it("f"), "[critical][wasm] wasm log f f: a panic");
    }
}
