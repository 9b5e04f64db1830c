//! Does what a phase returned: continues, replies, or makes a call.

use std::rc::Weak;

use super::state::{Headers, Outstanding, State};
use crate::callout::{CallError, CallResponse, table};
use crate::entry::{HostAction, HttpEntry};
use crate::flow::{Flow, Reply};
use crate::headers::RequestHeaders;
use crate::sys::HostError;
use crate::vm::Waiting;

/// The number of unsent calls in a row after which the filter is assumed to loop.
const UNSENT_IN_A_ROW: usize = 8;

impl<F: HttpEntry> State<F> {
    /// Does what a phase returned. `waiting` returns a reference to this stream, for the table of those who wait.
    pub(super) fn act_on(
        &mut self,
        filter: &F,
        phase: &str,
        mut flow: Result<Flow<F::Tag>, HostError>,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> HostAction {
        for _ in 0..UNSENT_IN_A_ROW {
            match flow {
                Ok(Flow::Continue) => return HostAction::Continue,
                Ok(Flow::Reply(reply)) => return self.reply(&reply),
                Ok(Flow::Call(call, tag)) => match call.send() {
                    Ok(token) => {
                        table::wait(token, waiting());
                        self.call = Some(Outstanding { token, cancel: call.cancel(), tag });
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
        log::error!(
            "{phase}: {UNSENT_IN_A_ROW} calls in a row could not be sent, so the filter is assumed to loop; replying 500. Check \
             that the cluster exists, and limit retries"
        );
        self.reply(&Reply::new(500).details("proxy_filter_calls_not_sent"))
    }

    /// Passes a response to the filter, with the request's headers if they can still be edited.
    pub(super) fn respond(
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
}

impl<F: HttpEntry> Drop for State<F> {
    fn drop(&mut self) {
        if let Some(Outstanding { token, cancel, .. }) = self.call.take() {
            table::cancel(token, cancel);
        }
    }
}
