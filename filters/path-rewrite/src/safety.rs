//! What a rewritten path must not be.
//!
//! A path is read by more than one server. `//host` is a URL without a scheme to some, `..` climbs
//! out of a directory, `#` cuts the rest off: results that could turn a request into another one are
//! refused, unless the client asked for just that itself.

use proxy_filter::headers::HeaderValue;
use proxy_filter::target::split_query;
use proxy_filter::target::{Separators, Step, has_dots, segments};

/// Bytes a result has at most, query included; longer paths are not looked at.
pub(crate) const LIMIT: usize = 8192;

/// Why a result is not written.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Unsafe {
    #[error("the result does not begin with a slash")]
    NoSlash,
    #[error("the result begins with `//` or `/\\`, which some servers take for a host")]
    LooksLikeHost,
    #[error("the result contains a control character, a space or `#`")]
    Character,
    #[error("the result adds a `.` or `..` segment")]
    DotSegment,
    #[error("the result leads out of what the rule replaces with")]
    LeadsOut,
    #[error("a name of the template takes a `.` or `..` segment")]
    DotName,
    #[error("the path has at least {0} bytes; the limit is {LIMIT}")]
    TooLong(usize),
    #[error("the path has too many matches")]
    TooManyMatches,
    #[error("matching would take too many steps")]
    TooManySteps,
    #[error("the request has no valid host to redirect to")]
    NoHost,
}

/// The result as a header value, if it is safe to write in place of `original`.
pub(crate) fn check(original: &[u8], result: &[u8]) -> Result<HeaderValue, Unsafe> {
    if result.len() > LIMIT {
        return Err(Unsafe::TooLong(result.len()));
    }
    match result {
        [b'/', b'/' | b'\\', ..] => return Err(Unsafe::LooksLikeHost),
        [b'/', ..] => {}
        _ => return Err(Unsafe::NoSlash),
    }
    if result.iter().copied().any(is_refused) {
        return Err(Unsafe::Character);
    }
    let dots = dot_segments(result);
    if dots != [0, 0] {
        let before = dot_segments(original);
        if dots.iter().zip(before).any(|(dots, before)| *dots > before) {
            return Err(Unsafe::DotSegment);
        }
    }
    HeaderValue::new(result).map_err(|_| Unsafe::Character)
}

/// Bytes that no result has: controls, spaces and `#`.
pub(crate) fn is_refused(byte: u8) -> bool {
    matches!(byte, 0..=b' ' | b'#' | 0x7f)
}

/// How many segments of the path are `.`, and how many `..`, to a server that separates them in any way.
fn dot_segments(target: &[u8]) -> [usize; 2] {
    let (path, _) = split_query(target);
    if !has_dots(path) {
        return [0, 0];
    }
    segments(path, Separators::ALL).map(Step::of).fold([0, 0], |[one, two]: [usize; 2], step| match step {
        Step::Stay => [one.saturating_add(1), two],
        Step::Out => [one, two.saturating_add(1)],
        Step::Into | Step::Empty => [one, two],
    })
}

/// Whether what a client put into a path, which begins at `own`, leads out of where the rule put it: out of the
/// directory before it, to any server. Nothing leads out of the root.
pub(crate) fn leads_out(result: &[u8], own: usize) -> bool {
    let (path, _) = split_query(result);
    has_dots(path) && Separators::READINGS.into_iter().any(|reading| leads_out_for(path, own, reading))
}

fn leads_out_for(path: &[u8], own: usize, reading: Separators) -> bool {
    let Some((before, behind)) = path.split_at_checked(own) else { return false };
    // What follows may be another segment, or the rest of the one that the text before it begins.
    let (place, rest) = match reading.strip(behind) {
        Some(rest) => (before, rest),
        None => {
            let slash = before.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
            path.split_at_checked(slash.saturating_add(1)).unwrap_or((path, b""))
        }
    };
    let place = segments(place, reading).map(Step::of).fold(0_usize, |depth, step| match step {
        Step::Into => depth.saturating_add(1),
        Step::Out => depth.saturating_sub(1),
        Step::Stay | Step::Empty => depth,
    });
    let walk = segments(rest, reading).map(Step::of).try_fold(0_usize, |depth, step| match step {
        Step::Into => Some(depth.saturating_add(1)),
        Step::Out => depth.checked_sub(1),
        Step::Stay | Step::Empty => Some(depth),
    });
    place > 0 && walk.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results() {
        let long = format!("/{}", "a".repeat(LIMIT));
        for (original, result, expected) in [
            ("/a", "/b", Ok(())),
            ("/a", "/b%2Fc?d=/../#".strip_suffix('#').unwrap(), Ok(())),
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
