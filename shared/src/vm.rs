//! The state of one virtual machine (VM), which all plugins in it share.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::callout::CallResponse;
use crate::sys::{LogLevel, MetricType};

/// A stream that is waiting for the response to its call.
pub(crate) trait Waiting {
    /// Resumes the stream with the response.
    fn resume(self: Rc<Self>, response: CallResponse);
}

/// A metric that a filter of this VM has defined.
pub(crate) struct Metric {
    pub(crate) kind: MetricType,
    pub(crate) name: String,
    /// The host's id.
    pub(crate) id: u32,
    /// What a counter has counted and not yet reported to the host.
    pub(crate) unreported: Cell<u64>,
}

/// The state of one VM. In a module there is only one. Natively, a test driver holds several and
/// [enters](Self::enter) the one whose filter runs.
pub struct Vm {
    pub(crate) log_level: Cell<LogLevel>,
    pub(crate) metrics: RefCell<Vec<Metric>>,
    /// The waiting streams and the tokens of their calls, in the order of the tokens.
    pub(crate) waiting: RefCell<Vec<(u32, Weak<dyn Waiting>)>>,
}

impl Vm {
    const fn new() -> Self {
        Self {
            log_level: Cell::new(LogLevel::Info),
            metrics: RefCell::new(Vec::new()),
            waiting: RefCell::new(Vec::new()),
        }
    }

    /// Runs `f` in this VM, then restores the previous VM.
    pub fn enter<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Leave<'a>(&'a Vm);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                current(|vm| vm.swap(self.0));
            }
        }
        current(|vm| vm.swap(self));
        let _leave = Leave(self);
        f()
    }

    fn swap(&self, other: &Self) {
        self.log_level.swap(&other.log_level);
        self.metrics.swap(&other.metrics);
        self.waiting.swap(&other.waiting);
    }
}

impl Default for Vm {
    fn default() -> Self {
        Self::new()
    }
}

thread_local! {
    static CURRENT: Vm = const { Vm::new() };
}

/// Calls `look` with the VM that runs on this thread.
pub(crate) fn current<R>(look: impl FnOnce(&Vm) -> R) -> R {
    CURRENT.with(look)
}
