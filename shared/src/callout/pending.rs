//! A call that is awaited.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use super::call::Call;
use super::polled::Polled;
use super::response::{CallError, CallResponse};
use super::table::{self, Cancel};
use crate::vm::{self, Waiting};

/// The future of a [`Call`], which is sent when the future is first polled. Dropping it cancels the call.
///
/// It works only within [`OnRequest`](crate::http::OnRequest). Elsewhere the call fails with
/// [`CallError::OutsideOnRequest`].
#[must_use = "a call is sent when it is awaited"]
pub struct PendingCall(Progress);

enum Progress {
    Unsent(Call),
    Sent(Sent),
    Arrived(CallResponse),
    /// The response was returned, or there will be none.
    Over,
}

/// A call that was sent.
struct Sent {
    token: u32,
    cancel: Cancel,
    slot: Rc<Slot>,
}

/// Where a response arrives.
struct Slot {
    response: Cell<Option<CallResponse>>,
    has_arrived: Cell<bool>,
    polled: Rc<Polled>,
}

impl IntoFuture for Call {
    type Output = CallResponse;
    type IntoFuture = PendingCall;

    fn into_future(self) -> PendingCall {
        PendingCall(Progress::Unsent(self))
    }
}

impl Future for PendingCall {
    type Output = CallResponse;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<CallResponse> {
        match self.has_response() {
            true => self.take().map_or(Poll::Pending, Poll::Ready),
            false => Poll::Pending,
        }
    }
}

impl PendingCall {
    /// Sends the call, if that has not been done. Returns whether its response has arrived.
    pub(super) fn has_response(&mut self) -> bool {
        if let Progress::Unsent(call) = &self.0 {
            self.0 = send(call);
        }
        if let Progress::Sent(sent) = &self.0
            && let Some(response) = sent.slot.response.take()
        {
            self.0 = Progress::Arrived(response);
        }
        matches!(self.0, Progress::Arrived(_))
    }

    /// Takes the response, if it has arrived.
    pub(super) fn take(&mut self) -> Option<CallResponse> {
        match std::mem::replace(&mut self.0, Progress::Over) {
            Progress::Arrived(response) => Some(response),
            Progress::Unsent(_) | Progress::Sent(_) | Progress::Over => None,
        }
    }
}

fn send(call: &Call) -> Progress {
    let failed = |reason| Progress::Arrived(CallResponse::Failed(reason));
    let Some(polled) = vm::polled() else { return failed(CallError::OutsideOnRequest) };
    if polled.loops() {
        return Progress::Over;
    }
    match call.send() {
        Ok(token) => {
            polled.begin();
            let slot = Rc::new(Slot { response: Cell::new(None), has_arrived: Cell::new(false), polled });
            let weak: Weak<Slot> = Rc::downgrade(&slot);
            table::wait(token, weak);
            Progress::Sent(Sent { token, cancel: call.cancel(), slot })
        }
        Err(_) if polled.fail() => Progress::Over,
        Err(reason) => failed(CallError::NotSent(reason)),
    }
}

impl Waiting for Slot {
    fn resume(self: Rc<Self>, response: CallResponse) {
        self.response.set(Some(response));
        self.has_arrived.set(true);
        self.polled.end();
        self.polled.wake();
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if self.slot.has_arrived.get() {
            return;
        }
        table::cancel(self.token, self.cancel);
        self.slot.polled.end();
    }
}
