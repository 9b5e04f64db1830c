//! What should not come through.

use harness::chained::{OWN, REMOVED, SET};

use super::head::{fields, value};
use super::marks::{FORGED, LISTENER, SMUGGLED};

/// Returns what is wrong with a request.
pub(super) fn of_head(head: &str) -> Option<String> {
    let target = head.split(' ').nth(1).unwrap_or_default();
    let listener = value(head, LISTENER)?;
    let (set, prod) = SET;
    if target.contains(SMUGGLED) {
        return Some(format!("{listener}: smuggled: {head:?}"));
    }
    if changes_headers(listener) {
        if fields(head).filter(|(name, _)| *name == set).map(|(_, value)| value).ne([prod]) {
            return Some(format!("{listener}: not one `{set}: {prod}`: {head:?}"));
        }
        if let Some((name, _)) = fields(head).find(|(name, _)| name.starts_with(REMOVED)) {
            return Some(format!("{listener}: {name} is still there: {head:?}"));
        }
    }
    // path-rewrite-reverse has another configuration.
    if listener == "all" || listener == "path-rewrite" {
        let is_own = |name: &str| OWN.contains(&name.replace('_', "-").as_str());
        if let Some((name, _)) = fields(head).find(|(name, value)| is_own(name) && value.contains(FORGED)) {
            return Some(format!("{listener}: {name} is forged: {head:?}"));
        }
    }
    None
}

/// Returns what is wrong with the trailers of a request, each a line.
pub(super) fn of_trailers(head: &str, trailers: &[Vec<u8>]) -> Option<String> {
    let listener = value(head, LISTENER).unwrap_or_default();
    let is_removed = |line: &&Vec<u8>| line.to_ascii_lowercase().starts_with(REMOVED.as_bytes());
    let left = trailers.iter().find(is_removed).filter(|_| changes_headers(listener))?;
    Some(format!("{listener}: the trailer {} is still there", left.escape_ascii()))
}

/// Returns whether add-header, or the filter that includes it, runs in a listener.
fn changes_headers(listener: &str) -> bool {
    listener == "all" || listener.starts_with("add-header")
}
