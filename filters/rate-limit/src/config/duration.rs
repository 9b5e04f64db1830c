//! Durations as they are written: `500ms`, `60s`, `5m`, `1h`, `1d`.

use proxy_filter::config::ConfigError;

const MILLISECOND: u64 = 1_000_000;
pub(super) const SECOND: u64 = 1000 * MILLISECOND;

/// In nanoseconds.
pub(super) fn parse(text: &str) -> Result<u64, ConfigError> {
    let wrong = || {
        ConfigError::new(format_args!(
            "`{text}` is not a duration above 0: give a whole number and a unit, ms, s, m, h or d (\"60s\")"
        ))
    };
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text.strip_prefix(digits).unwrap_or_default() {
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        "d" => 86400 * SECOND,
        _ => return Err(wrong()),
    };
    let number: u128 = digits.parse().map_err(|_| wrong())?;
    match u64::try_from(number.saturating_mul(unit.into())) {
        Ok(0) => Err(wrong()),
        Ok(period) => Ok(period),
        Err(_) => Err(ConfigError::new(format_args!("`{text}` is too long: 213503d are the most"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in
            [("500ms", SECOND / 2), ("60s", 60 * SECOND), ("5m", 300 * SECOND), ("1d", 86400 * SECOND)]
        {
            assert_eq!(parse(text).unwrap(), expected);
        }
        for text in ["", "60", "s", "0s", "-1s", "1.5s", "1w", "1 s", "99999999999999999999s", "1e3s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
