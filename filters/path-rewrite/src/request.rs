//! A request as rules see it.

use proxy_filter::inputs::Snapshot;

/// What rules and redirects read of a request.
pub(crate) struct Request<'a> {
    /// `:path`, with the query.
    pub(crate) target: &'a [u8],
    /// The other headers and the attributes that conditions and redirects read.
    pub(crate) snapshot: &'a Snapshot,
}
