//! What a rewritten path must not be.
//!
//! A path is read by more than one server. `//host` is a URL without a scheme to some, `..` climbs
//! out of a directory, `#` cuts the rest off: results that could turn a request into another one are
//! refused, unless the client asked for just that itself.

use proxy_filter::headers::HeaderValue;
use proxy_filter::headers::target::split_query;

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
    #[error("the result has a `.` or `..` segment that the request had not")]
    DotSegment,
    #[error("the path has {0} bytes or more, above {LIMIT}")]
    TooLong(usize),
    #[error("there are more matches than are replaced in one path")]
    TooManyMatches,
    #[error("the request's host is none that a client could be sent to")]
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

/// How many segments of the path are `.`, and how many `..`, to a server that decodes `%2e`, splits at `%2f`, `\`
/// or `%5c`, drops parameters after `;` or `%3b`, or stops at `%00`.
fn dot_segments(target: &[u8]) -> [usize; 2] {
    let (path, _) = split_query(target);
    if !path.iter().any(|byte| matches!(byte, b'.' | b'%')) {
        return [0, 0];
    }
    let path = decode(path);
    let segments = path.split(|&byte| byte == b'/');
    let names = segments.filter_map(|segment| segment.split(|&byte| byte == b';').next());
    names.fold([0, 0], |[one, two]: [usize; 2], name| match name {
        b"." => [one.saturating_add(1), two],
        b".." => [one, two.saturating_add(1)],
        _ => [one, two],
    })
}

/// Dots, slashes, and what ends a name.
fn decode(mut path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    while let [byte, rest @ ..] = path {
        let (byte, rest) = match path {
            [b'%', b'2', b'e' | b'E', rest @ ..] => (b'.', rest),
            [b'%', b'2', b'f' | b'F', rest @ ..] | [b'%', b'5', b'c' | b'C', rest @ ..] => (b'/', rest),
            [b'%', b'3', b'b' | b'B', rest @ ..] | [b'%', b'0', b'0', rest @ ..] => (b';', rest),
            [b'\\', rest @ ..] => (b'/', rest),
            _ => (*byte, rest),
        };
        decoded.push(byte);
        path = rest;
    }
    decoded
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
