//! The messages that a service sends in a gRPC stream.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::task::Poll;

use super::polled::Polled;
use super::response::{CallError, CallResponse};
use super::table;
use crate::vm::Waiting;

/// A stream that the host knows, until the service ends it. Dropping it cancels the stream.
pub(super) struct Open(Rc<Inbox>);

/// Where messages arrive.
struct Inbox {
    token: u32,
    messages: RefCell<VecDeque<Result<Vec<u8>, CallError>>>,
    has_ended: Cell<bool>,
    polled: Rc<Polled>,
}

impl Open {
    /// Waits for the messages of a stream that was opened.
    pub(super) fn new(token: u32, polled: Rc<Polled>) -> Self {
        polled.begin();
        let (messages, has_ended) = (RefCell::default(), Cell::new(false));
        let inbox = Rc::new(Inbox { token, messages, has_ended, polled });
        inbox.listen();
        Self(inbox)
    }

    pub(super) fn token(&self) -> u32 {
        self.0.token
    }

    /// Returns whether the service has ended the stream.
    pub(super) fn has_ended(&self) -> bool {
        self.0.has_ended.get()
    }

    /// Takes the next message.
    pub(super) fn poll_next(&self) -> Poll<Option<Result<Vec<u8>, CallError>>> {
        match self.0.messages.borrow_mut().pop_front() {
            Some(message) => Poll::Ready(Some(message)),
            None if self.has_ended() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Inbox {
    /// Waits for what comes next.
    fn listen(self: &Rc<Self>) {
        let weak: Weak<Self> = Rc::downgrade(self);
        table::wait(self.token, weak);
    }

    /// Cancels the stream, also after the service has ended it: Envoy keeps a stream until both sides have ended it, and sending
    /// a last message does not count.
    fn end(&self) {
        if !self.has_ended.replace(true) {
            table::cancel(self.token, table::GRPC);
            self.polled.end();
        }
    }

    /// Ends the stream, with an error if there is one.
    fn end_with(&self, error: Option<CallError>) {
        self.messages.borrow_mut().extend(error.map(Err));
        self.end();
        self.polled.wake();
    }
}

impl Waiting for Inbox {
    fn resume(self: Rc<Self>, response: CallResponse) {
        match response {
            CallResponse::Grpc(message) => {
                self.messages.borrow_mut().push_back(Ok(message));
                self.listen();
                self.polled.wake();
            }
            CallResponse::Failed(reason) => self.end_with(Some(reason)),
            CallResponse::Http(..) => self.end_with(None),
        }
    }

    fn close(self: Rc<Self>, status: u32) {
        self.end_with(CallError::of_grpc_close(status));
    }
}
