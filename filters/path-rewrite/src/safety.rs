//! Which results are safe to write.
//!
//! Several servers read a path. Some read `//host` as a URL without a scheme, `..` climbs out of a directory, and `#`
//! cuts off the rest. The filter refuses a result that servers could read as a different request, unless that was
//! already true of the client's own path.

use proxy_filter::HostError;
use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderValue;
use proxy_filter::target::{Separators, Step, has_dots, segments};
use regex_replace::Exceeded;

use crate::request::split_query;

/// The most bytes of a result, query included. Longer paths are not searched.
pub(crate) const LIMIT: usize = regex_replace::LENGTH_LIMIT;

/// Why a result is not safe to write.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Unsafe {
    #[error("the result does not begin with a slash")]
    NoSlash,
    #[error("the result begins with `//` or `/\\`, which some servers read as a host")]
    LooksLikeHost,
    #[error("the result contains a control character, a space or `#`")]
    Character,
    #[error("the result adds a `.` or `..` segment")]
    DotSegment,
    #[error("the client's part of the result escapes from the directory of the replacement")]
    Escapes,
    #[error("a template variable captures a `.` or `..` segment")]
    DotVariable,
    #[error("the path has at least {0} bytes; the limit is {LIMIT}")]
    TooLong(usize),
    #[error("the regex matches the path too often")]
    TooManyMatches,
    #[error("matching could take too many steps")]
    TooManySteps,
    #[error("the request has no valid host to redirect to")]
    NoHost,
    #[error("an attribute cannot be read: {0}")]
    Attribute(HostError),
    #[error("the result is not a valid host")]
    Host,
    #[error("the redirect's `host.regex` also matches its own result, so that the redirect would never end")]
    EndlessRedirect,
}

impl From<Exceeded> for Unsafe {
    fn from(exceeded: Exceeded) -> Self {
        match exceeded {
            Exceeded::Length(bytes) => Self::TooLong(bytes),
            Exceeded::Matches => Self::TooManyMatches,
            Exceeded::Steps => Self::TooManySteps,
        }
    }
}

/// Checks that a result is safe to write in place of `original`, and converts it to a header value.
///
/// # Errors
/// The result is not safe.
pub(crate) fn check(original: &[u8], result: &[u8]) -> Result<HeaderValue, Unsafe> {
    if result.len() > LIMIT {
        return Err(Unsafe::TooLong(result.len()));
    }
    match result {
        [b'/', b'/' | b'\\', ..] => return Err(Unsafe::LooksLikeHost),
        [b'/', ..] => {}
        _ => return Err(Unsafe::NoSlash),
    }
    let kinds = result.iter().fold(0, |kinds, byte| kinds | kind(*byte));
    if kinds & REFUSED != 0 {
        return Err(Unsafe::Character);
    }
    if kinds & DOT != 0
        && dot_segments(result).iter().zip(dot_segments(original)).any(|(now, was)| *now > was)
    {
        return Err(Unsafe::DotSegment);
    }
    HeaderValue::new(result).map_err(|_| Unsafe::Character)
}

/// Refuses a replacement for which this example of a result is unsafe.
pub(crate) fn check_example(source: &str, example: &[u8]) -> Result<(), ConfigError> {
    let wrong = |reason| ConfigError::new(format_args!("`{source}` never gives a safe path: {reason}"));
    check(b"/", example).map(|_| ()).map_err(wrong)
}

/// Says how to write a byte that results must not contain.
pub(crate) fn advice(byte: u8) -> String {
    format!("a path cannot contain `{}`: write it as `%{byte:02X}`", char::from(byte))
}

/// Returns whether results must not contain this byte: control characters, spaces and `#`.
pub(crate) fn is_refused(byte: u8) -> bool {
    kind(byte) == REFUSED
}

/// Results must not contain this byte.
const REFUSED: u8 = 1;

/// A path without such a byte has no dot segments.
const DOT: u8 = 2;

/// The kinds of all bytes. With this table, one pass over a result takes few instructions per byte.
#[expect(clippy::indexing_slicing, reason = "constants have no iterators")]
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte <= u8::MAX as usize {
        kinds[byte] = match byte as u8 {
            0..=b' ' | b'#' | 0x7f => REFUSED,
            b'.' | b'%' => DOT,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

fn kind(byte: u8) -> u8 {
    KINDS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// Counts the `.` and the `..` segments, like a server that treats every kind of slash as one.
fn dot_segments(target: &[u8]) -> [usize; 2] {
    let (path, _) = split_query(target);
    segments(path, Separators::ALL).map(Step::of).fold([0, 0], |[one, two]: [usize; 2], step| match step {
        Step::Stay => [one.saturating_add(1), two],
        Step::Out => [one, two.saturating_add(1)],
        Step::Into | Step::Empty => [one, two],
    })
}

/// Returns whether the client's part of a result, which begins at `client_start`, climbs out of the directory before it
/// on any server. A path cannot leave the root.
pub(crate) fn escapes(result: &[u8], client_start: usize) -> bool {
    let (path, _) = split_query(result);
    has_dots(path) && Separators::READINGS.into_iter().any(|reading| escapes_for(path, client_start, reading))
}

fn escapes_for(path: &[u8], client_start: usize, reading: Separators) -> bool {
    let Some((before, after)) = path.split_at_checked(client_start) else { return false };
    // The client's part begins a segment, or continues the last one of the literal text.
    let (directory, rest) = match reading.strip(after) {
        Some(rest) => (before, rest),
        None => {
            let slash = before.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            path.split_at_checked(slash.saturating_add(1)).unwrap_or((path, b""))
        }
    };
    let depth = segments(directory, reading).fold(0_usize, |depth, segment| match Step::of(segment) {
        Step::Into => depth.saturating_add(1),
        Step::Out => depth.saturating_sub(1),
        // Only some servers drop a segment of nothing but parameters.
        Step::Empty if !segment.is_empty() => depth.saturating_add(1),
        Step::Stay | Step::Empty => depth,
    });
    let walk = segments(rest, reading).map(Step::of).try_fold(0_usize, |depth, step| match step {
        Step::Into => Some(depth.saturating_add(1)),
        Step::Out => depth.checked_sub(1),
        Step::Stay | Step::Empty => Some(depth),
    });
    depth > 0 && walk.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_parameters_is_one_for_some_servers() {
        for (result, start, expected) in
            [("/;v/../x", 3, true), ("/%00/..;a", 4, true), ("/;v/a/../x", 3, false), ("/../x", 0, false)]
        {
            assert_eq!(escapes(result.as_bytes(), start), expected, "{result}");
        }
    }

    #[test]
    fn results() {
        let long = format!("/{}", "a".repeat(LIMIT));
        for (original, result, expected) in [
            ("/a", "/b", Ok(())),
            ("/a", "/b%2Fc?d=/../", Ok(())),
            ("/a", "/caf\u{e9}", Ok(())),
            ("/a", "", Err(Unsafe::NoSlash)),
            ("/a", "b", Err(Unsafe::NoSlash)),
            ("/a", "?b", Err(Unsafe::NoSlash)),
            ("/a", "//b", Err(Unsafe::LooksLikeHost)),
            ("/a", "/\\b", Err(Unsafe::LooksLikeHost)),
            ("/a", "/a b", Err(Unsafe::Character)),
            ("/a", "/a#b", Err(Unsafe::Character)),
            ("/a", "/a\r\nb", Err(Unsafe::Character)),
            ("/a", "/../b", Err(Unsafe::DotSegment)),
            ("/a", "/%2E./b", Err(Unsafe::DotSegment)),
            ("/a", "/x%2f..%2Fb", Err(Unsafe::DotSegment)),
            ("/a", "/..;a=b/c", Err(Unsafe::DotSegment)),
            ("/a", "/x\\..\\b", Err(Unsafe::DotSegment)),
            ("/../a", "/../b", Ok(())),
            ("/f/./.", "/../b", Err(Unsafe::DotSegment)),
            ("/a", "/..%3Ba/b", Err(Unsafe::DotSegment)),
            ("/a", "/..%00/b", Err(Unsafe::DotSegment)),
            ("/a", "/..b/...", Ok(())),
            ("/a", &long, Err(Unsafe::TooLong(LIMIT + 1))),
        ] {
            assert_eq!(check(original.as_bytes(), result.as_bytes()).map(|_| ()), expected, "{result:?}");
        }
    }
}
