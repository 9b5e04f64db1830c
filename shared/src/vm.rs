//! The state of one virtual machine (VM), which all plugins in it share.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::callout::CallResponse;
use crate::callout::polled::Polled;
use crate::sys::{LogLevel, MetricType};

/// What waits for the response to a call: a stream, an awaited call or a gRPC stream.
pub(crate) trait Waiting {
    /// Takes the response to a call, or a message of a gRPC stream.
    fn resume(self: Rc<Self>, response: CallResponse);

    /// Takes the status with which a gRPC call or stream ended.
    fn close(self: Rc<Self>, status: u32) {
        self.resume(CallResponse::of_grpc_close(status));
    }
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
    /// What waits for responses, with the tokens of the calls, in the order of the tokens.
    pub(crate) waiting: RefCell<Vec<(u32, Weak<dyn Waiting>)>>,
    /// The future that is being polled.
    pub(crate) polled: RefCell<Option<Rc<Polled>>>,
}

impl Vm {
    const fn new() -> Self {
        Self {
            log_level: Cell::new(LogLevel::Info),
            metrics: RefCell::new(Vec::new()),
            waiting: RefCell::new(Vec::new()),
            polled: RefCell::new(None),
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
        self.polled.swap(&other.polled);
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

/// Returns the future that is being polled.
pub(crate) fn polled() -> Option<Rc<Polled>> {
    current(|vm| vm.polled.borrow().clone())
}

/// Calls `poll`, which polls this future.
pub(crate) fn while_polled<R>(polled: &Rc<Polled>, poll: impl FnOnce() -> R) -> R {
    let before = current(|vm| vm.polled.replace(Some(Rc::clone(polled))));
    let result = poll();
    current(|vm| vm.polled.replace(before));
    result
}
