//! What belongs to a virtual machine as a whole: to every plugin in it, and to no other machine.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Weak;

use super::calls::Waiting;
use crate::log::Level;
use crate::sys::Metric;

/// A virtual machine's own state. A module has one, for good; a test driver that runs several machines
/// on one thread has one for each and [enters](Self::enter) it for every callback.
#[derive(Default)]
pub struct Vm {
    /// The proxy's log level as last heard.
    pub(crate) level: Cell<Level>,
    /// The numbers of the metrics that were defined.
    pub(crate) metrics: RefCell<BTreeMap<(Metric, String), u32>>,
    /// Streams that wait for an answer, by the call's token.
    pub(super) waiting: RefCell<BTreeMap<u32, Weak<dyn Waiting>>>,
}

thread_local! {
    static CURRENT: Vm = const {
        Vm {
            level: Cell::new(Level::Info),
            metrics: RefCell::new(BTreeMap::new()),
            waiting: RefCell::new(BTreeMap::new()),
        }
    };
}

impl Vm {
    /// Runs `f` in this machine, then goes back to the one before.
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
        self.level.swap(&other.level);
        self.metrics.swap(&other.metrics);
        self.waiting.swap(&other.waiting);
    }
}

/// Looks at the machine that runs.
pub(crate) fn current<R>(look: impl FnOnce(&Vm) -> R) -> R {
    CURRENT.with(look)
}
