//! Resolves the dot segments of paths as servers do.

use std::borrow::Cow;

/// The separators of path segments in addition to `/`. Servers differ in these.
///
/// ```
/// use proxy_filter::target::{Separators, segments};
///
/// let path = b"a%2fb\\c/d";
/// assert_eq!(segments(path, Separators::READINGS[0]).count(), 2);
/// assert_eq!(segments(path, Separators::ALL).collect::<Vec<_>>(), [b"a", b"b", b"c", b"d"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separators {
    backslash: bool,
    encoded_slash: bool,
    encoded_backslash: bool,
}

impl Separators {
    /// `/`, `\`, `%2f` and `%5c`.
    pub const ALL: Self = Self { backslash: true, encoded_slash: true, encoded_backslash: true };

    /// Every way in which servers split paths: first at `/` only, then also at each combination of `\`, `%2f` and
    /// `%5c`.
    pub const READINGS: [Self; 8] = [
        Self { backslash: false, encoded_slash: false, encoded_backslash: false },
        Self { backslash: true, encoded_slash: false, encoded_backslash: false },
        Self { backslash: false, encoded_slash: true, encoded_backslash: false },
        Self { backslash: true, encoded_slash: true, encoded_backslash: false },
        Self { backslash: false, encoded_slash: false, encoded_backslash: true },
        Self { backslash: true, encoded_slash: false, encoded_backslash: true },
        Self { backslash: false, encoded_slash: true, encoded_backslash: true },
        Self::ALL,
    ];

    /// Strips a leading separator. Returns `None` if the text does not begin with one.
    pub fn strip(self, text: &[u8]) -> Option<&[u8]> {
        match text {
            [b'/', rest @ ..] => Some(rest),
            [b'\\', rest @ ..] if self.backslash => Some(rest),
            [b'%', b'2', b'f' | b'F', rest @ ..] if self.encoded_slash => Some(rest),
            [b'%', b'5', b'c' | b'C', rest @ ..] if self.encoded_backslash => Some(rest),
            _ => None,
        }
    }
}

/// Splits a path into segments. A leading slash makes the first segment empty.
pub fn segments(path: &[u8], separators: Separators) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest?;
        let found = (0..path.len())
            .find_map(|at| Some((path.get(..at)?, separators.strip(path.get(at..).unwrap_or_default())?)));
        rest = found.map(|(_, after)| after);
        Some(found.map_or(path, |(segment, _)| segment))
    })
}

/// The effect of a segment when a path is resolved.
///
/// ```
/// use proxy_filter::target::Step;
///
/// for (segment, step) in [
///     ("a", Step::Into),
///     (".", Step::Stay),
///     ("%2e.;a", Step::Out),
///     ("", Step::Empty),
///     ("...", Step::Into),
/// ] {
///     assert_eq!(Step::of(segment.as_bytes()), step);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Enters a child.
    Into,
    /// Stays: `.`.
    Stay,
    /// Returns to the parent: `..`.
    Out,
    /// An empty segment: some servers count it, others drop it.
    Empty,
}

impl Step {
    /// Returns the step of a segment. Dots may be encoded; parameters (`;`, `%3b`) and `%00` end the name.
    pub fn of(segment: &[u8]) -> Self {
        let mut rest = segment;
        let mut dots = 0_usize;
        loop {
            rest = match rest {
                [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
                [] | [b';', ..] | [b'%', b'0', b'0', ..] | [b'%', b'3', b'b' | b'B', ..] => break,
                _ => return Self::Into,
            };
            dots = dots.saturating_add(1);
        }
        match dots {
            0 => Self::Empty,
            1 => Self::Stay,
            2 => Self::Out,
            _ => Self::Into,
        }
    }

    /// Returns whether the segment is `.` or `..`.
    pub fn is_dots(self) -> bool {
        matches!(self, Self::Stay | Self::Out)
    }
}

/// Returns whether a path has a `.` or `..` segment, however a server splits it.
pub fn has_dots(path: &[u8]) -> bool {
    // Most paths need no check of each segment.
    path.iter().any(|byte| matches!(byte, b'.' | b'%'))
        && segments(path, Separators::ALL).any(|segment| Step::of(segment).is_dots())
}

/// Resolves the `.` and `..` segments of a path, which cannot leave the root. Returns `None` if servers may resolve it
/// differently: if it has encoded slashes, backslashes or empty segments in addition to dot segments.
///
/// A path without dot segments is returned unchanged. Double encoding is not decoded.
///
/// ```
/// use proxy_filter::target::resolve;
///
/// assert_eq!(resolve(b"/a/%2e%2e/b").as_deref(), Some(b"/b".as_slice()));
/// assert_eq!(resolve(b"/a%2fb").as_deref(), Some(b"/a%2fb".as_slice()));
/// assert_eq!(resolve(b"/a%2f../b"), None);
/// ```
pub fn resolve(path: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !has_dots(path) {
        return Some(Cow::Borrowed(path));
    }
    let path = path.strip_prefix(b"/")?;
    let split = |separators| segments(path, separators);
    let [plain, ..] = Separators::READINGS;
    let count = split(plain).count();
    if split(Separators::ALL).count() != count {
        return None;
    }
    let mut kept: Vec<&[u8]> = Vec::new();
    for (at, segment) in (1..).zip(split(plain)) {
        let is_last = at == count;
        match Step::of(segment) {
            Step::Into => kept.push(segment),
            // A trailing slash is not a segment.
            Step::Empty if is_last && segment.is_empty() => kept.push(b""),
            Step::Empty => return None,
            step => {
                if step == Step::Out {
                    kept.pop();
                }
                // A path that ends in dots is a directory.
                if is_last {
                    kept.push(b"");
                }
            }
        }
    }
    Some(Cow::Owned([b"/", kept.join(b"/".as_slice()).as_slice()].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("/", Some("=")),
            ("", Some("=")),
            ("*", Some("=")),
            ("/a//b", Some("=")),
            ("/a%2fb%5c\\", Some("=")),
            ("/a;x/b;y", Some("=")),
            ("/;x", Some("=")),
            ("/a.b/...", Some("=")),
            ("/%252e%252e/a", Some("=")),
            ("/..", Some("/")),
            ("/.", Some("/")),
            ("/a/..", Some("/")),
            ("/a/b/..", Some("/a/")),
            ("/a/b/../", Some("/a/")),
            ("/a/./b/", Some("/a/b/")),
            ("/../../a", Some("/a")),
            ("/a/%2E%2e/b", Some("/b")),
            ("/a/.%2e/b", Some("/b")),
            ("/a/..;x=y/b", Some("/b")),
            ("/a/..%3bx/b", Some("/b")),
            ("/a/..%00x/b", Some("/b")),
            ("/a;x/../b", Some("/b")),
            ("/a/../b%2fc", None),
            ("/a/../b%5Cc", None),
            ("/a/../b\\c", None),
            ("/a%2F..", None),
            ("/a\\..", None),
            ("/a%5c..", None),
            ("/a/../b//c", None),
            ("//a/..", None),
            ("/a/..//", None),
            ("/a/;x/../b", None),
            ("a/../b", None),
        ] {
            let resolved = resolve(path.as_bytes());
            let expected = expected.map(|expected| if expected == "=" { path } else { expected });
            assert_eq!(resolved.as_deref(), expected.map(str::as_bytes), "{path}");
            assert_eq!(matches!(resolved, Some(Cow::Borrowed(_))), expected == Some(path), "{path}");
        }
    }
}
