//! The trait that every HTTP filter implements.

use crate::Filter;

/// A filter in an HTTP filter chain.
pub trait HttpFilter: Filter {
    /// The state that the filter keeps for one stream (a request and its response) between phases; `()` if
    /// none.
    type Stream: Default + 'static;

    /// The value that the filter returns with [`Flow::Call`](crate::flow::Flow::Call) and gets back with the response:
    /// `()` if all such calls are alike, [`NoTag`](crate::flow::NoTag) if no phase returns `Flow::Call`. Awaited calls
    /// need no tag.
    type Tag: 'static;
}
