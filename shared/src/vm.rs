//! The state of one virtual machine (VM), which all plugins in it share.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::task::Poll;

use crate::callout::CallResponse;
use crate::sys::{LogLevel, MetricType};

/// The number of calls that one request may make in vain.
const UNSENT_LIMIT: usize = 64;

/// A stream that is waiting for the response to its call.
pub(crate) trait Waiting {
    /// Resumes the stream with the response.
    fn resume(self: Rc<Self>, response: CallResponse);
}

/// A stream that has a future to poll.
pub trait Wake {
    /// Polls the future, because a response has arrived.
    fn wake(self: Rc<Self>);
}

/// A stream's future, as the calls see it that are awaited in it.
pub(crate) struct Polled {
    stream: Weak<dyn Wake>,
    /// Calls that wait for a response.
    outstanding: Cell<usize>,
    /// Calls that could not be sent.
    unsent: Cell<usize>,
    /// Whether a response has arrived since the future was last polled.
    is_woken: Cell<bool>,
}

impl Polled {
    pub(crate) fn new(stream: Weak<dyn Wake>) -> Self {
        Self { stream, outstanding: Cell::new(0), unsent: Cell::new(0), is_woken: Cell::new(false) }
    }

    /// Returns the future that is being polled.
    pub(crate) fn current() -> Option<Rc<Self>> {
        current(|vm| vm.polled.borrow().clone())
    }

    /// Polls a future, and again if a response arrives meanwhile.
    pub(crate) fn poll<T>(self: &Rc<Self>, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        let before = current(|vm| vm.polled.replace(Some(Rc::clone(self))));
        let outcome = loop {
            self.is_woken.set(false);
            match poll() {
                Poll::Pending if self.is_woken.get() => {}
                outcome => break outcome,
            }
        };
        current(|vm| vm.polled.replace(before));
        outcome
    }

    /// Returns whether a response can arrive.
    pub(crate) fn is_waiting(&self) -> bool {
        self.outstanding.get() != 0
    }

    /// Counts a call that waits for its response.
    pub(crate) fn begin(&self) {
        self.outstanding.set(self.outstanding.get().saturating_add(1));
    }

    /// Counts a call that no longer waits.
    pub(crate) fn end(&self) {
        self.outstanding.set(self.outstanding.get().saturating_sub(1));
    }

    /// Counts a call that could not be sent. Returns whether the filter is assumed to loop, and logs it: a loop of such calls
    /// would never return to the host, so they must not complete.
    pub(crate) fn loops(&self) -> bool {
        self.unsent.set(self.unsent.get().saturating_add(1));
        let loops = self.unsent.get() > UNSENT_LIMIT;
        if loops {
            log::error!("{UNSENT_LIMIT} calls of a request could not be sent");
        }
        loops
    }

    /// Polls the future, or has it polled again if it is being polled.
    pub(crate) fn wake(&self) {
        self.is_woken.set(true);
        if let Some(stream) = self.stream.upgrade() {
            stream.wake();
        }
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
    /// The waiting streams and the tokens of their calls, in the order of the tokens.
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
