//! What a filter may do to headers.

use proxy_model::Headers;

use crate::headers::{is_name, is_value};

/// What a filter must leave as it is.
const PROTECTED: [&str; 8] =
    ["host", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"];

/// What the model adds to messages itself. It logs a critical error if a length is wrong.
const ADDED: [&str; 2] = ["x-request-id", "content-length"];

/// Checks what a filter changed of headers or trailers. Of what it must not change, it may change `may_set`.
///
/// # Panics
/// It changed something else, or wrote what is no header.
pub fn check_headers(before: &Headers, after: &Headers, may_set: &[&str], is_idle: bool) {
    let without = |all: &Headers, others: &Headers| {
        let mut others: Vec<_> = others.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        let mut rest = Vec::new();
        for (name, value) in all.iter().filter(|(name, _)| !is_any(&ADDED, name)) {
            match others.iter().position(|(n, v)| n == name && v == value) {
                Some(place) => _ = others.swap_remove(place),
                None => rest.push((name.to_vec(), value.to_vec())),
            }
        }
        rest
    };
    let (written, removed) = (without(after, before), without(before, after));
    for (name, value) in &written {
        let shown = format!("{}: {}", name.escape_ascii(), value.escape_ascii());
        assert!(is_name(name.strip_prefix(b":").unwrap_or(name)), "wrote {shown}");
        // Values of other headers are moved as they are.
        assert!(is_value(value) || before.iter().any(|(_, old)| old == value), "wrote {shown}");
    }
    for (name, value) in written.iter().chain(&removed) {
        let shown = format!("{}: {}", name.escape_ascii(), value.escape_ascii());
        assert!(!is_idle, "changed {shown}");
        let is_protected = name.starts_with(b":") || is_any(&PROTECTED, name);
        assert!(!is_protected || is_any(may_set, name), "changed {shown}");
    }
}

fn is_any(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}
