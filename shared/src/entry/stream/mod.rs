//! One HTTP stream: its phases, its only reply and its outstanding calls.

mod outcome;
mod polling;
mod request;
mod running;
mod state;
mod waiting;
mod weak;

use std::cell::RefCell;
use std::rc::Rc;

use super::{HostAction, HttpEntry};
use crate::flow::Reply;
use crate::headers::{RequestHeaders, ResponseHeaders, ResponseTrailers};
pub use running::{Running, Task};
use state::{Headers, State};

/// One request and its response.
pub struct HttpStream<F: HttpEntry>(Rc<RefCell<State<F>>>);

impl<F: HttpEntry> HttpStream<F> {
    pub(super) fn new(context: u32, filter: Option<Rc<F>>) -> Self {
        Self(Rc::new(RefCell::new(State::new(context, filter))))
    }

    /// Runs the phase for the request's headers.
    pub fn request_headers(&mut self, end_of_stream: bool) -> HostAction {
        let mut state = self.0.borrow_mut();
        let Some(filter) = state.filter.clone() else {
            log::error!("a request arrived before any configuration was accepted");
            return state.reply(&Reply::new(500));
        };
        state.headers = Headers::Editable { end_of_stream };
        let mut request = RequestHeaders::new(end_of_stream);
        if F::Running::IS_ASYNC {
            state.running = F::Running::start(&filter, &mut state.stream, request, || weak::wake(&self.0));
            drop(state);
            return polling::poll(&self.0);
        }
        let flow = filter.request_headers(&mut state.stream, &mut request);
        let action = state.act_on(&filter, "request headers", flow, || weak::waiting(&self.0));
        if action == HostAction::Continue {
            state.headers = Headers::PassedOn;
        }
        action
    }

    /// Runs the phase for a part of the request's body.
    pub fn request_body(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        self.0.borrow_mut().request_body(size, end_of_stream, || weak::waiting(&self.0))
    }

    /// Runs the phase for the request's trailers.
    pub fn request_trailers(&mut self) -> HostAction {
        self.0.borrow_mut().request_trailers(|| weak::waiting(&self.0))
    }

    /// Runs the phase for the response's headers.
    pub fn response_headers(&mut self, end_of_stream: bool) -> HostAction {
        self.0.borrow_mut().observe("response headers", |filter, stream| {
            filter.response_headers(stream, &mut ResponseHeaders::new(end_of_stream))
        })
    }

    /// Runs the phase for a part of the response's body.
    pub fn response_body(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        self.0.borrow_mut().response_body(size, end_of_stream)
    }

    /// Runs the phase for the response's trailers.
    pub fn response_trailers(&mut self) -> HostAction {
        let mut state = self.0.borrow_mut();
        if let Some(size) = state.response_body.held() {
            state.response_body(size, true);
        }
        state.observe("response trailers", |filter, stream| {
            filter.response_trailers(stream, &mut ResponseTrailers::new(true))
        })
    }

    /// Runs the phase for the end of the stream, unless Envoy rejected the request before it reached the
    /// filter.
    pub fn end(&mut self) {
        let mut state = self.0.borrow_mut();
        if State::<F>::SEES_REQUESTS && matches!(state.headers, Headers::Awaited) {
            return;
        }
        state.observe("stream end", |filter, stream| {
            filter.stream_end(stream);
            Ok(())
        });
    }
}
