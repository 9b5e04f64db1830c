//! Resumes a request when the response to its call arrives.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::running::Running as _;
use super::state::{Headers, Outstanding, State};
use super::{polling, weak};
use crate::callout::CallResponse;
use crate::callout::polled::Wake;
use crate::entry::{HostAction, HttpEntry};
use crate::sys::{self, StreamType};
use crate::vm::Waiting;

impl<F: HttpEntry> Waiting for RefCell<State<F>> {
    fn resume(self: Rc<Self>, response: CallResponse) {
        let Ok(mut state) = self.try_borrow_mut() else { return };
        let (Some(filter), Some(Outstanding { tag, .. })) = (state.filter.clone(), state.call.take()) else {
            return;
        };
        if !state.make_effective() {
            return;
        }
        let waiting = || weak::waiting(&self);
        let flow = state.respond(&filter, tag, response);
        if state.act_on(&filter, "call response", flow, waiting) == HostAction::Continue {
            state.resume_request(waiting);
        }
    }
}

impl<F: HttpEntry> Wake for RefCell<State<F>> {
    fn wake(self: Rc<Self>) {
        // While the future is being polled, it is not in the state, and whoever polls it does so again. A gRPC stream that the
        // filter keeps may outlive the future.
        if !self.try_borrow().is_ok_and(|state| state.running.is_running() && state.make_effective()) {
            return;
        }
        if polling::poll(&self) == HostAction::Continue
            && let Ok(mut state) = self.try_borrow_mut()
        {
            state.resume_request(|| weak::waiting(&self));
        }
    }
}

impl<F: HttpEntry> State<F> {
    /// Makes hostcalls apply to the stream: a response arrives in the plugin's context. Returns whether the stream exists.
    fn make_effective(&self) -> bool {
        let made = sys::set_effective_context(self.context);
        if let Err(reason) = &made {
            log::error!("a call response arrived for a stream that no longer exists: {reason}");
        }
        made.is_ok()
    }

    /// Resumes the request, and runs the phases that were due while it waited.
    fn resume_request(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) {
        self.headers = Headers::PassedOn;
        if self.run_deferred(waiting) == HostAction::Continue
            && let Err(reason) = sys::continue_stream(StreamType::Request)
        {
            log::error!("the host did not resume the request: {reason}");
        }
    }
}
