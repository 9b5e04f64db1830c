//! Durations, such as `500ms`, `60s`, `1m30s`, `1h` and `1d`.

use proxy_filter::config::Invalid;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::gcra::SECOND;

const MILLISECOND: u64 = 1_000_000;

/// From the longest to the shortest.
const UNITS: [(&str, u64); 5] =
    [("d", 86400 * SECOND), ("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", MILLISECOND)];

/// A duration above zero.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[schemars(inline, with = "String", description = "")]
#[serde(try_from = "String")]
pub struct Duration {
    /// Its length.
    pub nanoseconds: u64,
}

impl Duration {
    /// Converts seconds. Saturates at the longest duration.
    pub fn from_seconds(seconds: u64) -> Self {
        Self { nanoseconds: seconds.saturating_mul(SECOND) }
    }
}

impl TryFrom<String> for Duration {
    type Error = Invalid;

    fn try_from(text: String) -> Result<Self, Invalid> {
        parse(&text).map(|nanoseconds| Self { nanoseconds })
    }
}

/// Parses a duration into nanoseconds.
fn parse(text: &str) -> Result<u64, Invalid> {
    let wrong = |reason: &str| {
        Invalid::new(format_args!(
            "`{text}` is not a duration: {reason}; write whole numbers with the units d, h, m, s and ms, such as \
             \"60s\" or \"1m30s\""
        ))
    };
    let mut rest = text;
    // `None` if it is too long.
    let mut sum = Some(0_u64);
    let mut shortest = u64::MAX;
    while !rest.is_empty() || shortest == u64::MAX {
        let (digits, after) = split(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split(after, |c| !c.is_ascii_alphabetic());
        rest = after;
        let known = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, nanoseconds)| *nanoseconds);
        let (number, nanoseconds) = match (digits.parse::<u64>().ok(), known) {
            _ if digits.is_empty() && text.is_empty() => return Err(wrong("it is empty")),
            _ if digits.is_empty() => return Err(wrong("a number is missing")),
            (_, None) if unit.is_empty() && rest.starts_with('.') => return Err(wrong("it has a fraction")),
            (_, None) if unit.is_empty() => return Err(wrong("a unit is missing")),
            (_, None) => return Err(wrong(&format!("unknown unit `{unit}`"))),
            (number, Some(nanoseconds)) => (number, nanoseconds),
        };
        if nanoseconds >= shortest {
            return Err(wrong("units go from the longest to the shortest, each at most once"));
        }
        shortest = nanoseconds;
        sum = sum.and_then(|sum| number?.checked_mul(nanoseconds)?.checked_add(sum));
    }
    match sum {
        Some(0) => Err(wrong("it is zero")),
        Some(nanoseconds) => Ok(nanoseconds),
        None => Err(Invalid::new(format_args!("`{text}` is too long: the maximum is 213503d"))),
    }
}

/// Splits a text before the first character that `ends` accepts.
fn split(text: &str, ends: fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|end| text.split_at_checked(end)).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use proxy_filter::config::ConfigError;

    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("500ms", SECOND / 2),
            ("60s", 60 * SECOND),
            ("5m", 300 * SECOND),
            ("1d", 86400 * SECOND),
            ("1m30s", 90 * SECOND),
            ("1d2h3m4s5ms", (86400 + 2 * 3600 + 3 * 60 + 4) * SECOND + 5 * MILLISECOND),
            ("1h0s", 3600 * SECOND),
        ] {
            assert_eq!(parse(text).unwrap(), expected);
        }
        for (text, expected) in [
            ("", "`` is not a duration: it is empty; write whole numbers with the units"),
            ("60", "`60` is not a duration: a unit is missing"),
            ("1m30", "`1m30` is not a duration: a unit is missing"),
            ("1 s", "`1 s` is not a duration: a unit is missing"),
            ("s", "`s` is not a duration: a number is missing"),
            ("-1s", "`-1s` is not a duration: a number is missing"),
            ("1s ", "`1s ` is not a duration: a number is missing"),
            ("0s", "`0s` is not a duration: it is zero"),
            ("1.5s", "`1.5s` is not a duration: it has a fraction"),
            ("1w", "`1w` is not a duration: unknown unit `w`"),
            ("1e3s", "`1e3s` is not a duration: unknown unit `e`"),
            ("1S", "`1S` is not a duration: unknown unit `S`"),
            (
                "30s1m",
                "`30s1m` is not a duration: units go from the longest to the shortest, each at most once",
            ),
            (
                "1m1m",
                "`1m1m` is not a duration: units go from the longest to the shortest, each at most once",
            ),
            ("99999999999999999999s", "`99999999999999999999s` is too long"),
            (&format!("{}d1h", "9".repeat(50)), "`9999"),
        ] {
            let message = ConfigError::from(parse(text).unwrap_err()).to_string();
            assert!(message.starts_with(expected), "{text}: {message}");
        }
    }
}
