//! Pauses a request until the response to its call arrives.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::state::{Headers, Outstanding, State};
use crate::callout::{Call, CallError, CallResponse};
use crate::entry::{HostAction, HttpEntry, calls};
use crate::flow::{Flow, Reply};
use crate::headers::RequestHeaders;
use crate::sys::{self, HostError, StreamType};
use crate::vm::Waiting;

/// The number of unsent calls in a row after which the filter is assumed to loop.
const UNSENT_LIMIT: usize = 8;

/// Returns a weak reference to the stream, for the table of waiting streams.
pub(super) fn weak<F: HttpEntry>(state: &Rc<RefCell<State<F>>>) -> Weak<dyn Waiting> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(state);
    weak
}

impl<F: HttpEntry> State<F> {
    /// Does what a phase returned. `waiting` returns a reference to this stream, for the table of waiting
    /// streams.
    pub(super) fn act_on(
        &mut self,
        filter: &F,
        phase: &str,
        mut flow: Result<Flow<F::Tag>, HostError>,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> HostAction {
        for _ in 0..UNSENT_LIMIT {
            match flow {
                Ok(Flow::Continue) => return HostAction::Continue,
                Ok(Flow::Reply(reply)) => return self.reply(&reply),
                Ok(Flow::Call(call, tag)) => match self.call(&call) {
                    Ok(token) => {
                        calls::wait(token, waiting());
                        self.call = Some(Outstanding { token, is_grpc: call.is_grpc(), tag });
                        return HostAction::Stop;
                    }
                    Err(reason) => {
                        flow = self.respond(filter, tag, CallResponse::Failed(CallError::NotSent(reason)));
                    }
                },
                Err(reason) => {
                    log::error!("{phase}: {reason}; replying 500");
                    return self.reply(&Reply::new(500).details("proxy_filter_host_error"));
                }
            }
        }
        log::error!("{phase}: {UNSENT_LIMIT} calls in a row could not be sent; replying 500");
        self.reply(&Reply::new(500).details("proxy_filter_calls_not_sent"))
    }

    /// Passes a response to the filter, with the request's headers if they can still be edited.
    fn respond(
        &mut self,
        filter: &F,
        tag: F::Tag,
        response: CallResponse,
    ) -> Result<Flow<F::Tag>, HostError> {
        let mut headers = match self.headers {
            Headers::Editable { end_of_stream } => Some(RequestHeaders::new(end_of_stream)),
            Headers::Awaited | Headers::PassedOn => None,
        };
        filter.call_response(&mut self.stream, tag, response, headers.as_mut())
    }

    /// Runs the phases that were due while the request waited.
    fn run_deferred(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> HostAction {
        let deferred = std::mem::take(&mut self.deferred);
        let mut action =
            if self.request_body.held().is_some() { HostAction::Stop } else { HostAction::Continue };
        if let Some((size, end_of_stream)) = deferred.body {
            action = self.request_body(size, end_of_stream || deferred.trailers, &waiting);
        }
        if deferred.trailers {
            action = self.request_trailers(waiting);
        }
        action
    }

    fn call(&mut self, call: &Call) -> Result<u32, HostError> {
        self.cancel();
        call.send()
    }

    fn cancel(&mut self) {
        if let Some(Outstanding { token, is_grpc, .. }) = self.call.take() {
            calls::forget(token);
            // The ABI cannot cancel an HTTP call. Its response is ignored, because no stream waits for it.
            if is_grpc {
                _ = sys::grpc_cancel(token);
            }
        }
    }
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

impl<F: HttpEntry> Drop for State<F> {
    fn drop(&mut self) {
        self.cancel();
    }
}
