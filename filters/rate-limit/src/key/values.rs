//! Reads a request's values for the parts of a key.

use std::borrow::Cow;

use proxy_filter::headers::HeaderName;
use proxy_filter::headers::pseudo::PATH;
use proxy_filter::inputs::Snapshot;
use proxy_filter::target::{resolve, split_query};

use super::PathClass;

pub(super) static COOKIE: HeaderName = HeaderName::from_static("cookie");

/// The value of paths that servers resolve differently.
const UNKNOWN: &str = "(unknown)";

/// Converts a value to text. Escapes bytes that are not UTF-8, so that two values stay different.
pub(super) fn to_utf8(value: Vec<u8>) -> String {
    String::from_utf8(value).unwrap_or_else(|error| error.as_bytes().escape_ascii().to_string())
}

/// Resolves the path. Paths that servers resolve differently share one value, which is not a path.
pub(super) fn path(request: &Snapshot) -> Option<Vec<u8>> {
    let (path, _) = split_query(request.headers().first(&PATH)?);
    Some(resolve(path).map_or_else(|| UNKNOWN.into(), Cow::into_owned))
}

/// Finds the class of the path. Paths that are in none share one value, so that clients cannot choose the number of values.
#[inline(never)]
pub(super) fn class(request: &Snapshot, classes: &[PathClass]) -> Option<Vec<u8>> {
    let (path, _) = split_query(request.headers().first(&PATH)?);
    let class = match resolve(path) {
        Some(path) => classes.iter().find(|class| class.contains(&path)).map_or("(other)", PathClass::text),
        None => UNKNOWN,
    };
    Some(class.into())
}

/// Finds the first query parameter of this name. Decodes names and values, so that their spelling does not matter.
pub(super) fn parameter(request: &Snapshot, name: &str) -> Option<Vec<u8>> {
    let (_, query) = split_query(request.headers().first(&PATH)?);
    let decoded = |text: &[u8]| {
        let spaced: Vec<_> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_encoding::percent_decode(&spaced).collect::<Vec<_>>()
    };
    query.strip_prefix(b"?")?.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).find_map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=').map(decoded);
        (halves.next()? == name.as_bytes()).then(|| halves.next().unwrap_or_default())
    })
}

/// Finds the first cookie of this name.
pub(super) fn cookie(request: &Snapshot, name: &str) -> Option<Vec<u8>> {
    let cookies = request.headers().values(&COOKIE).flat_map(|header| header.split(|byte| *byte == b';'));
    let value = |cookie: &[u8]| {
        let equals = cookie.iter().position(|byte| *byte == b'=')?;
        let (known, value) = cookie.split_at_checked(equals)?;
        (known.trim_ascii() == name.as_bytes())
            .then(|| value.get(1..).unwrap_or_default().trim_ascii().to_vec())
    };
    cookies.into_iter().find_map(value)
}
