//! The future of [`OnRequest`] on one stream.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use crate::callout::polled::{Polled, Wake};
use crate::entry::HttpEntry;
use crate::flow::Flow;
use crate::headers::RequestHeaders;
use crate::http::{HttpFilter, OnRequest};
use crate::sys::HostError;
use crate::vm;

/// What the filter decided.
type Outcome<F> = Result<Flow<<F as HttpFilter>::Tag>, HostError>;

/// What a stream keeps of a future: a [`Task`] if the filter registers `Request`, else nothing.
pub trait Running<F: HttpFilter>: Default {
    /// Whether the filter registers `Request`.
    const IS_ASYNC: bool;

    /// Makes the future, which borrows the stream's state until it ends.
    fn start(
        filter: &Rc<F>,
        stream: &mut F::Stream,
        request: RequestHeaders,
        waker: impl FnOnce() -> Weak<dyn Wake>,
    ) -> Self;

    /// Polls the future.
    fn poll(&mut self) -> Poll<Outcome<F>>;

    /// Returns whether there is a future.
    fn is_running(&self) -> bool;

    /// Returns whether the future waits for a response.
    fn is_waiting(&self) -> bool;

    /// Returns whether so many calls could not be sent that the filter is assumed to loop.
    fn loops(&self) -> bool;

    /// Drops the future, and returns the stream's state if there was one.
    fn end(&mut self) -> Option<F::Stream>;
}

impl<F: HttpFilter> Running<F> for () {
    const IS_ASYNC: bool = false;

    fn start(_: &Rc<F>, _: &mut F::Stream, _: RequestHeaders, _: impl FnOnce() -> Weak<dyn Wake>) -> Self {}

    fn poll(&mut self) -> Poll<Outcome<F>> {
        Poll::Ready(Ok(Flow::Continue))
    }

    fn is_running(&self) -> bool {
        false
    }

    fn is_waiting(&self) -> bool {
        false
    }

    fn loops(&self) -> bool {
        false
    }

    fn end(&mut self) -> Option<F::Stream> {
        None
    }
}

/// A future, and the way back for the stream's state.
pub struct Task<F: HttpFilter> {
    future: Pin<Box<dyn Future<Output = Outcome<F>>>>,
    returned: Rc<Cell<Option<F::Stream>>>,
    polled: Rc<Polled>,
}

/// The stream's state while the future has it. It goes back when the future ends or is dropped.
struct Lent<S: Default> {
    stream: S,
    returned: Rc<Cell<Option<S>>>,
}

impl<S: Default> Drop for Lent<S> {
    fn drop(&mut self) {
        self.returned.set(Some(std::mem::take(&mut self.stream)));
    }
}

impl<F: HttpEntry + OnRequest> Running<F> for Option<Task<F>> {
    const IS_ASYNC: bool = true;

    fn start(
        filter: &Rc<F>,
        stream: &mut F::Stream,
        mut request: RequestHeaders,
        waker: impl FnOnce() -> Weak<dyn Wake>,
    ) -> Self {
        let returned = Rc::new(Cell::new(None));
        let mut lent = Lent { stream: std::mem::take(stream), returned: Rc::clone(&returned) };
        let filter = Rc::clone(filter);
        let future = Box::pin(async move { filter.on_request(&mut lent.stream, &mut request).await });
        Some(Task { future, returned, polled: Rc::new(Polled::new(waker())) })
    }

    fn poll(&mut self) -> Poll<Outcome<F>> {
        let Some(Task { future, polled, .. }) = self else { return Poll::Pending };
        vm::while_polled(polled, || {
            polled.poll(|| future.as_mut().poll(&mut Context::from_waker(Waker::noop())))
        })
    }

    fn is_running(&self) -> bool {
        self.is_some()
    }

    fn is_waiting(&self) -> bool {
        self.as_ref().is_some_and(|task| task.polled.is_waiting())
    }

    fn loops(&self) -> bool {
        self.as_ref().is_some_and(|task| task.polled.loops())
    }

    fn end(&mut self) -> Option<F::Stream> {
        let Task { future, returned, .. } = self.take()?;
        drop(future);
        returned.take()
    }
}
