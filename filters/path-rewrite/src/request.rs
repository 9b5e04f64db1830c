//! A request as rules see it.

use proxy_filter::headers::pseudo::AUTHORITY;
use proxy_filter::inputs::Snapshot;

/// What rules and redirects read of a request.
pub(crate) struct Request<'a> {
    /// `:path`, with the query.
    pub(crate) target: &'a [u8],
    /// The other headers and the attributes that conditions and redirects read.
    pub(crate) snapshot: &'a Snapshot,
}

impl<'a> Request<'a> {
    /// Returns the host, with the port if the client gives one. Empty if there is none.
    pub(crate) fn authority(&self) -> &'a [u8] {
        self.snapshot.headers().first(&AUTHORITY).unwrap_or_default()
    }
}

/// Splits a target into its path and its query, which keeps its question mark.
///
/// In a function of its own, the search for the question mark is a short loop, and in the module once.
#[inline(never)]
pub(crate) fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    proxy_filter::target::split_query(target)
}
