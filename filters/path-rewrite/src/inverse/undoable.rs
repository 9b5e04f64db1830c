//! What the response needs of its request.

use proxy_filter::headers::pseudo::{AUTHORITY, SCHEME};
use proxy_filter::inputs::Snapshot;

use super::Authority;

/// The rules to undo, by their places, in the order in which they were applied.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Applied(Vec<usize>);

impl Applied {
    pub(crate) fn push(&mut self, rule: usize) {
        self.0.push(rule);
    }
}

/// Where the client sent its request.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    pub(crate) is_https: bool,
    /// As the client sent it: few responses have a URL to compare it with.
    pub(crate) authority: Vec<u8>,
}

impl Origin {
    /// Returns the host, and the port if it is not the scheme's. `None` if the request has no valid host.
    pub(crate) fn authority(&self) -> Option<Authority> {
        Some(Authority::parse(&self.authority)?.of_scheme(self.is_https))
    }
}

/// What the response needs of its request.
#[derive(Debug, Default)]
pub struct Undoable {
    /// Empty if there is nothing to undo.
    pub(crate) rules: Vec<usize>,
    pub(crate) origin: Origin,
}

impl Undoable {
    pub(crate) fn new(Applied(rules): Applied, request: &Snapshot) -> Self {
        if rules.is_empty() {
            return Self::default();
        }
        let headers = request.headers();
        let is_https = headers.first(&SCHEME) == Some(b"https");
        let authority = headers.first(&AUTHORITY).unwrap_or_default().to_vec();
        Self { rules, origin: Origin { is_https, authority } }
    }
}
