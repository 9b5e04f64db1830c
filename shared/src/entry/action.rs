//! What the host is told after a phase.

/// What the host does with a stream after a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostAction {
    /// Pass it on to the next filter.
    Continue,
    /// Hold it: its body is collected, it waits for a response, or the filter replied to it.
    Stop,
}
