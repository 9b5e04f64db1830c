//! The kinds of filter chains.

/// The filter chain in which a filter runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Among the HTTP filters.
    Http,
    /// Among the network filters.
    Tcp,
}
