//! A request that waits for the answer to its call, and goes on when that is there.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::State;
use crate::callout::{Call, CallError, CallResponse};
use crate::entry::calls::{self, Waiting};
use crate::entry::{HostAction, HttpEntry};
use crate::error;
use crate::flow::{Flow, Reply};
use crate::headers::RequestHeaders;
use crate::sys::{self, HostError, Side};

/// Calls in a row that may fail to be sent before the filter is taken to ask for ever.
const UNSENT_LIMIT: usize = 8;

/// A call that was made, and what the filter remembers it by.
pub(super) struct Outstanding<T> {
    token: u32,
    is_grpc: bool,
    tag: T,
}

/// What came of the request while it waited for an answer, and is held by the host.
#[derive(Default)]
pub(super) struct Missed {
    /// Bytes of the body so far, and whether that is all.
    pub(super) body: Option<(usize, bool)>,
    pub(super) trailers: bool,
}

/// A stream as its answer finds it, as long as it is there.
pub(super) fn weak<F: HttpEntry>(state: &Rc<RefCell<State<F>>>) -> Weak<dyn Waiting> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(state);
    weak
}

impl<F: HttpEntry> State<F> {
    /// Does what a phase returned. `waiting` is this stream, to be found by an answer.
    pub(super) fn go_on(
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
                Ok(Flow::Call(..)) if !F::HAS_CALL_RESPONSE => {
                    error!(
                        "{phase}: the filter makes a call but does not register `CallResponse`; replying 500"
                    );
                    return self.reply(&Reply::new(500).details("proxy_filter_no_answer_phase"));
                }
                Ok(Flow::Call(call, tag)) => match self.call(&call) {
                    Ok(token) => {
                        calls::wait(token, waiting());
                        self.call = Some(Outstanding { token, is_grpc: call.is_grpc(), tag });
                        return HostAction::Stop;
                    }
                    Err(reason) => {
                        let answer = CallResponse::Failed(CallError::NotSent(reason));
                        flow = self.answer(filter, tag, answer);
                    }
                },
                Err(reason) => {
                    error!("{phase}: {reason}; replying 500");
                    return self.reply(&Reply::new(500).details("proxy_filter_host_error"));
                }
            }
        }
        error!("{phase}: {UNSENT_LIMIT} calls in a row could not be sent; replying 500");
        self.reply(&Reply::new(500).details("proxy_filter_calls_not_sent"))
    }

    /// Shows the filter an answer, and the request's headers if they are still here.
    fn answer(&mut self, filter: &F, tag: F::Tag, answer: CallResponse) -> Result<Flow<F::Tag>, HostError> {
        let mut headers = self.headers.map(RequestHeaders::new);
        filter.answer(&mut self.stream, tag, answer, headers.as_mut())
    }

    /// Goes through what came while the request waited.
    fn catch_up(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> HostAction {
        let missed = std::mem::take(&mut self.missed);
        let mut action =
            if self.request_body.held().is_some() { HostAction::Stop } else { HostAction::Continue };
        if let Some((size, end_of_stream)) = missed.body {
            action = self.request_body(size, end_of_stream || missed.trailers, &waiting);
        }
        if missed.trailers {
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
            // The ABI has no way to cancel an HTTP call: its answer will find nobody.
            if is_grpc {
                _ = sys::grpc_cancel(token);
            }
        }
    }
}

impl<F: HttpEntry> Waiting for RefCell<State<F>> {
    fn answered(self: Rc<Self>, answer: CallResponse) {
        let Ok(mut state) = self.try_borrow_mut() else { return };
        let (Some(filter), Some(Outstanding { tag, .. })) = (state.filter.clone(), state.call.take()) else {
            return;
        };
        // The answer came to the plugin; what follows is about the stream.
        if let Err(reason) = sys::set_effective_context(state.context) {
            error!("an answer came for a stream that is gone: {reason}");
            return;
        }
        let waiting = || weak(&self);
        let flow = state.answer(&filter, tag, answer);
        if state.go_on(&filter, "answer", flow, waiting) != HostAction::Continue {
            return;
        }
        state.headers = None;
        if state.catch_up(waiting) == HostAction::Continue
            && let Err(reason) = sys::continue_stream(Side::Request)
        {
            error!("the host did not let the request go on: {reason}");
        }
    }
}

impl<F: HttpEntry> Drop for State<F> {
    fn drop(&mut self) {
        self.cancel();
    }
}
