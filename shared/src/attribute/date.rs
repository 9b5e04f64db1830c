//! Dates and times of day in UTC, in the formats of Envoy's `%START_TIME(format)%`.
//!
//! Envoy formats a time with absl's `FormatTime`, after its own specifiers `%s` and `%f`
//! (`source/common/common/utility.cc`, `DateFormatter`).

/// Envoy's format of a time without a format.
pub(super) const DEFAULT: &str = "%Y-%m-%dT%H:%M:%S.%3fZ";

/// The specifiers, for messages.
pub(super) const SPECIFIERS: &str =
    "%Y, %m, %d, %H, %M, %S, %F, %T, %a, %b, %z, %Z, %s, %f, %1f to %9f or %% for a percent sign";

const DAYS: &[u8] = b"SunMonTueWedThuFriSat";
const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

const NANOSECONDS: u64 = 1_000_000_000;

/// Formats a time, in nanoseconds since 1970. `None` if the format has an unknown specifier, whatever the time.
pub(super) fn format(format: &str, time: u64) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    write(&mut text, format, time)?;
    Some(text)
}

fn write(text: &mut Vec<u8>, format: &str, time: u64) -> Option<()> {
    let seconds = time / NANOSECONDS;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let [year, month, day] = civil(days);
    let mut pieces = format.split('%');
    text.extend_from_slice(pieces.next()?.as_bytes());
    while let Some(piece) = pieces.next() {
        let rest = match piece.as_bytes() {
            [] => {
                text.push(b'%');
                match pieces.next()?.as_bytes() {
                    // Envoy reads its own specifiers first, and so finds one behind the second percent sign.
                    [b's' | b'f', ..] | [b'1'..=b'9', b'f', ..] => return None,
                    rest => rest,
                }
            }
            [width @ b'1'..=b'9', b'f', rest @ ..] => {
                fraction(text, time, usize::from(width & 0xf));
                rest
            }
            [specifier, rest @ ..] => {
                match specifier {
                    b'Y' => number(text, year, 4),
                    b'm' => number(text, month, 2),
                    b'd' => number(text, day, 2),
                    b'H' => number(text, second / 3600, 2),
                    b'M' => number(text, second / 60 % 60, 2),
                    b'S' => number(text, second % 60, 2),
                    b'F' => write(text, "%Y-%m-%d", time)?,
                    b'T' => write(text, "%H:%M:%S", time)?,
                    // 1970 began on a Thursday.
                    b'a' => name(text, DAYS, days.wrapping_add(4) % 7),
                    b'b' => name(text, MONTHS, month.wrapping_sub(1)),
                    b'z' => text.extend_from_slice(b"+0000"),
                    b'Z' => text.extend_from_slice(b"UTC"),
                    b's' => text.extend_from_slice(seconds.to_string().as_bytes()),
                    b'f' => fraction(text, time, 9),
                    _ => return None,
                }
                rest
            }
        };
        text.extend_from_slice(rest);
    }
    Some(())
}

/// Converts days since 1970 to year, month and day, in 400-year cycles that begin in March, so that leap days come last.
fn civil(days: u64) -> [u64; 3] {
    let days = days.wrapping_add(719_468);
    let (cycle, day) = (days / 146_097, days % 146_097);
    // The leap days before this one: every 4 years, except every 100, except every 400.
    let leap_days = (day / 1460).wrapping_sub(day / 36_524).wrapping_add(day / 146_096);
    let year = day.wrapping_sub(leap_days) / 365;
    let day = day.wrapping_add(year / 100).wrapping_sub(year / 4).wrapping_sub(year.wrapping_mul(365));
    // Months from March on have 153 days in five.
    let month = day.wrapping_mul(5).wrapping_add(2) / 153;
    let day = day.wrapping_sub(month.wrapping_mul(153).wrapping_add(2) / 5).wrapping_add(1);
    let is_next_year = month / 10;
    let year = cycle.wrapping_mul(400).wrapping_add(year).wrapping_add(is_next_year);
    [year, (month.wrapping_add(2) % 12).wrapping_add(1), day]
}

/// Writes the last digits of a number.
fn number(text: &mut Vec<u8>, value: u64, width: u32) {
    if let Some(rest) = width.checked_sub(1) {
        number(text, value / 10, rest);
        text.push(b'0' | u8::try_from(value % 10).unwrap_or_default());
    }
}

/// Writes the first digits of the fraction of a second.
fn fraction(text: &mut Vec<u8>, time: u64, width: usize) {
    let end = text.len().saturating_add(width);
    number(text, time % NANOSECONDS, 9);
    text.truncate(end);
}

/// Writes a name of three letters.
fn name(text: &mut Vec<u8>, names: &[u8], position: u64) {
    let position = usize::try_from(position).unwrap_or_default();
    text.extend_from_slice(names.chunks(3).nth(position).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn formatted(pattern: &str, time: u64) -> Option<String> {
        format(pattern, time).map(|text| String::from_utf8(text).unwrap())
    }

    #[test]
    fn times() {
        let leap_day = 1_709_251_199_012_345_678;
        for (pattern, time, expected) in [
            (DEFAULT, 0, "1970-01-01T00:00:00.000Z"),
            (DEFAULT, leap_day, "2024-02-29T23:59:59.012Z"),
            (DEFAULT, 1_000_000_000_999_999_999, "2001-09-09T01:46:40.999Z"),
            (DEFAULT, 951_868_800_000_000_000, "2000-03-01T00:00:00.000Z"),
            (DEFAULT, 4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
            ("%a, %d %b %Y %T GMT", leap_day, "Thu, 29 Feb 2024 23:59:59 GMT"),
            ("%a %b", 0, "Thu Jan"),
            ("%F %z %Z", leap_day, "2024-02-29 +0000 UTC"),
            ("%s.%3f %f %9f %1f", leap_day, "1709251199.012 012345678 012345678 0"),
            ("%s", 1_000_000_000, "1"),
            ("%%Y%%", leap_day, "%Y%"),
            ("é%Hé", leap_day, "é23é"),
            ("", leap_day, ""),
        ] {
            assert_eq!(formatted(pattern, time).as_deref(), Some(expected), "{pattern}");
        }
        for unknown in ["%", "%Y%", "%q", "%0f", "%3", "%3s", "%E3S", "%é", "%%s", "%%f", "%%3fx"] {
            assert_eq!(formatted(unknown, 0), None, "{unknown}");
        }
    }

    /// The days of a month, as the calendar defines them.
    fn days_in(year: u64, month: u64) -> u64 {
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        // As many as signed nanoseconds can count.
        for days in 0..106_751 {
            let ([year, month, day], next) = (civil(days), civil(days + 1));
            let expected = match (month, day < days_in(year, month)) {
                (_, true) => [year, month, day + 1],
                (12, false) => [year + 1, 1, 1],
                (_, false) => [year, month + 1, 1],
            };
            assert_eq!(next, expected);
        }
    }

    proptest! {
        #[test]
        fn a_formats_specifiers_do_not_depend_on_the_time(pattern in "[%A-Za-z0-9é]{0,8}", time: u64) {
            prop_assert_eq!(format(&pattern, 0).is_some(), format(&pattern, time).is_some());
        }
    }
}
