//! The trait that every HTTP filter implements.

use crate::Filter;

/// A filter in an HTTP filter chain.
pub trait HttpFilter: Filter {
    /// The state that the filter keeps for one stream (a request and its response) between phases; `()` if
    /// none.
    type Stream: Default + 'static;

    /// The value that the filter attaches to a call and gets back with its response. `()` if all calls are
    /// alike, [`NoCalls`](crate::flow::NoCalls) if the filter makes none.
    type Tag: 'static;
}
