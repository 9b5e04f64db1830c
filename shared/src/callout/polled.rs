//! A stream's future, as the calls see it that are awaited in it.

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::task::Poll;

/// The number of unsent calls in one request after which the filter is assumed to loop.
pub(crate) const UNSENT_PER_REQUEST: usize = 256;

/// A stream that has a future to poll.
pub trait Wake {
    /// Polls the future, because a response has arrived.
    fn wake(self: Rc<Self>);
}

/// A stream's future, as the calls see it that are awaited in it.
pub(crate) struct Polled {
    stream: Weak<dyn Wake>,
    /// Calls that wait for a response, and streams that wait for a message.
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

    /// Polls the future, and again if a response arrives meanwhile.
    pub(crate) fn poll<T>(&self, mut poll: impl FnMut() -> Poll<T>) -> Poll<T> {
        loop {
            self.is_woken.set(false);
            match poll() {
                Poll::Pending if self.is_woken.get() => {}
                outcome => return outcome,
            }
        }
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

    /// Counts a call that could not be sent. Returns whether the filter [loops](Self::loops): a loop of such calls would never
    /// return to the host, so they must not complete.
    pub(crate) fn fail(&self) -> bool {
        self.unsent.set(self.unsent.get().saturating_add(1));
        self.loops()
    }

    /// Returns whether so many calls could not be sent that the filter is assumed to loop.
    pub(crate) fn loops(&self) -> bool {
        self.unsent.get() > UNSENT_PER_REQUEST
    }

    /// Polls the future, or has it polled again if it is being polled.
    pub(crate) fn wake(&self) {
        self.is_woken.set(true);
        if let Some(stream) = self.stream.upgrade() {
            stream.wake();
        }
    }
}
