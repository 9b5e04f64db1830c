//! The action that a phase returns to the host.

/// What the host does with a stream after a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostAction {
    /// Pass it on to the next filter.
    Continue,
    /// Pause it: the filter collects its body or bytes, waits for a response, or has replied.
    Stop,
}
