//! Lengths of time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The units, and their seconds or milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A length of time, of at most ten years. As text, a whole number and a unit: `10s`, `500ms`, `2m`, `1h` or `1d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(Duration);

/// The longest span, in milliseconds.
const MAX_MILLISECONDS: u64 = 3650 * 86_400_000;

/// A text is not a [`Span`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanError(String);

impl fmt::Display for SpanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a length of time of at most 3650d: write a whole number and ms, s, m, h or d, such as `10s`",
            self.0
        )
    }
}

impl std::error::Error for SpanError {}

impl Span {
    /// Returns the length.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// Returns whether this is no time.
    pub fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let milliseconds = text.split_at_checked(digits).and_then(|(number, unit)| {
            let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
            number.parse::<u64>().ok()?.checked_mul(*factor).filter(|time| *time <= MAX_MILLISECONDS)
        });
        milliseconds.map(|time| Self(Duration::from_millis(time))).ok_or_else(|| SpanError(text.to_owned()))
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// Shows the number of the largest unit that divides the span.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        let unit = UNITS.iter().rev().find_map(|(name, factor)| {
            let number = milliseconds.checked_div(u128::from(*factor))?;
            (number > 0 && milliseconds.checked_rem(u128::from(*factor)) == Some(0)).then_some((number, name))
        });
        match unit {
            Some((number, name)) => write!(f, "{number}{name}"),
            None => f.write_str("0s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, milliseconds, shown) in
            [("10s", 10_000, "10s"), ("1500ms", 1500, "1500ms"), ("60m", 3_600_000, "1h"), ("0ms", 0, "0s")]
        {
            let span: Span = text.parse().unwrap();
            assert_eq!((span.duration().as_millis(), span.to_string().as_str()), (milliseconds, shown));
        }
        for wrong in ["", "10", "s", "-1s", "1 s", "1.5s", "1w", "3651d", "99999999999999999999s", "é"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
    }
}
