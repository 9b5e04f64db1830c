//! Resumes a request when the response to its call arrives.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::state::{Headers, Outstanding, State};
use crate::callout::CallResponse;
use crate::entry::{HostAction, HttpEntry};
use crate::sys::{self, StreamType};
use crate::vm::Waiting;

/// Returns a weak reference to the stream, for the table of waiting streams.
pub(super) fn weak<F: HttpEntry>(state: &Rc<RefCell<State<F>>>) -> Weak<dyn Waiting> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(state);
    weak
}

impl<F: HttpEntry> Waiting for RefCell<State<F>> {
    fn resume(self: Rc<Self>, response: CallResponse) {
        let Ok(mut state) = self.try_borrow_mut() else { return };
        let (Some(filter), Some(Outstanding { tag, .. })) = (state.filter.clone(), state.call.take()) else {
            return;
        };
        // The response arrived in the plugin's context, but what follows applies to the stream.
        if let Err(reason) = sys::set_effective_context(state.context) {
            log::error!("a call response arrived for a stream that no longer exists: {reason}");
            return;
        }
        let waiting = || weak(&self);
        let flow = state.respond(&filter, tag, response);
        if state.act_on(&filter, "call response", flow, waiting) != HostAction::Continue {
            return;
        }
        state.headers = Headers::PassedOn;
        if state.run_deferred(waiting) == HostAction::Continue
            && let Err(reason) = sys::continue_stream(StreamType::Request)
        {
            log::error!("the host did not resume the request: {reason}");
        }
    }
}
