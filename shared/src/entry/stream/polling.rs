//! Polls the future of [`OnRequest`](crate::http::OnRequest).

use std::cell::RefCell;
use std::rc::Rc;
use std::task::Poll;

use super::running::Running as _;
use super::state::{Headers, State};
use super::weak;
use crate::callout::polled::UNSENT_PER_REQUEST;
use crate::entry::{HostAction, HttpEntry};
use crate::flow::Reply;

/// Polls the stream's future, and does what it returned. The stream is not borrowed while the future runs.
pub(super) fn poll<F: HttpEntry>(stream: &Rc<RefCell<State<F>>>) -> HostAction {
    let Ok(mut running) = stream.try_borrow_mut().map(|mut state| std::mem::take(&mut state.running)) else {
        return HostAction::Stop;
    };
    let outcome = running.poll();
    let Ok(mut state) = stream.try_borrow_mut() else { return HostAction::Stop };
    let (is_waiting, loops) = (running.is_waiting(), running.loops());
    state.running = running;
    match outcome {
        Poll::Pending if loops => {
            state.end_running();
            log::error!(
                "request: {UNSENT_PER_REQUEST} calls could not be sent, so the filter is assumed to loop; replying 500. Check \
                 that the cluster exists, and limit retries"
            );
            state.reply(&Reply::new(500).details("proxy_filter_calls_not_sent"))
        }
        Poll::Pending if is_waiting => HostAction::Stop,
        Poll::Pending => {
            state.end_running();
            log::error!(
                "request: the filter waits for something other than a call or a gRPC stream, which never happens; replying 500"
            );
            state.reply(&Reply::new(500).details("proxy_filter_waits_for_nothing"))
        }
        Poll::Ready(flow) => {
            state.end_running();
            let Some(filter) = state.filter.clone() else { return HostAction::Stop };
            let action = state.act_on(&filter, "request", flow, || weak::waiting(stream));
            if action == HostAction::Continue {
                state.headers = Headers::PassedOn;
            }
            action
        }
    }
}
