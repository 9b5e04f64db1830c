//! How servers read paths, written without the filter's code.

use super::{LONGEST, split};

/// The ways in which servers split paths: whether at `\`, `%2f` and `%5c`, and whether empty segments count.
const READINGS: u8 = 16;

/// The reading that splits most.
const SPLITS_ALL: u8 = 7;

fn separator(text: &[u8], reading: u8) -> Option<usize> {
    let lower = text.iter().take(3).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    let splits = |bit: u8| reading & bit != 0;
    match lower.as_slice() {
        [b'/', ..] => Some(1),
        [b'\\', ..] if splits(1) => Some(1),
        b"%2f" if splits(2) => Some(3),
        b"%5c" if splits(4) => Some(3),
        _ => None,
    }
}

fn segments(path: &[u8], reading: u8) -> Vec<&[u8]> {
    let (mut segments, mut start, mut at) = (Vec::new(), 0, 0);
    while at < path.len() {
        match separator(&path[at..], reading) {
            Some(length) => {
                segments.push(&path[start..at]);
                at += length;
                start = at;
            }
            None => at += 1,
        }
    }
    segments.push(&path[start..]);
    segments
}

/// Returns the name in a segment, with its dots decoded: parameters and a zero byte end it.
fn name(segment: &[u8]) -> String {
    let text = String::from_utf8_lossy(segment).to_ascii_lowercase();
    let ends = [";", "%3b", "%00"].iter().filter_map(|end| text.find(end));
    text[..ends.min().unwrap_or(text.len())].replace("%2e", ".")
}

fn resolved(path: &[u8], reading: u8) -> Vec<&[u8]> {
    let mut resolved = Vec::new();
    // A path begins with a slash.
    for segment in segments(path, reading).into_iter().skip(1) {
        match name(segment).as_str() {
            "." => {}
            ".." => _ = resolved.pop(),
            "" if reading & 8 == 0 => {}
            _ => resolved.push(segment),
        }
    }
    resolved
}

/// Returns whether a server could read a path as one outside a directory, which ends with a slash.
pub fn escapes(path: &[u8], directory: &[u8]) -> bool {
    (0..READINGS).any(|reading| {
        let whole = resolved(path, reading);
        let Some((_, place)) = directory.split_last().map(|(_, rest)| ((), resolved(rest, reading))) else {
            return false;
        };
        !whole.starts_with(&place)
    })
}

/// Counts the segments of a target's path that a server could read as this one.
fn count(target: &[u8], wanted: &str) -> usize {
    segments(split(target).0, SPLITS_ALL).into_iter().filter(|segment| name(segment) == wanted).count()
}

/// Returns whether a target has a `.` or `..` segment.
pub fn has_dots(target: &[u8]) -> bool {
    count(target, ".") + count(target, "..") > 0
}

/// Returns whether a target may be written in place of another one.
pub fn is_safe(original: &[u8], target: &[u8]) -> bool {
    let is_path = target.starts_with(b"/") && !target.starts_with(b"//") && !target.starts_with(b"/\\");
    let is_refused = |byte: &u8| byte.is_ascii_control() || b" #".contains(byte);
    let has_new = |wanted| count(target, wanted) > count(original, wanted);
    is_path && target.len() <= LONGEST && !target.iter().any(is_refused) && !has_new(".") && !has_new("..")
}

/// Percent-encodes the bytes that are not plain.
pub fn encoded(bytes: &[u8], is_plain: impl Fn(u8) -> bool) -> Vec<u8> {
    let encode = |byte: &u8| if is_plain(*byte) { vec![*byte] } else { format!("%{byte:02X}").into_bytes() };
    bytes.iter().flat_map(encode).collect()
}
