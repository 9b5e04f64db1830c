//! What every HTTP filter implements.

use crate::Filter;

/// A filter in an HTTP filter chain.
pub trait HttpFilter: Filter {
    /// What the filter remembers of one stream (a request and its response) between phases; `()` for nothing.
    type Stream: Default + 'static;

    /// What the filter attaches to a call and gets back with its response. `()` if all calls are alike,
    /// [`NoCalls`](crate::flow::NoCalls) if the filter makes none.
    type Tag: 'static;
}
