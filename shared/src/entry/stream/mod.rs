//! One HTTP stream: its phases, its one reply, its one outstanding call.

mod state;
mod waiting;

use std::cell::RefCell;
use std::rc::Rc;

use super::{HostAction, HttpEntry};
use crate::flow::Reply;
use crate::headers::{RequestHeaders, ResponseHeaders, ResponseTrailers};
use state::State;
use waiting::weak;

/// One request and its response.
pub struct HttpStream<F: HttpEntry>(Rc<RefCell<State<F>>>);

impl<F: HttpEntry> HttpStream<F> {
    pub(super) fn new(context: u32, filter: Option<Rc<F>>) -> Self {
        Self(Rc::new(RefCell::new(State::new(context, filter))))
    }

    /// The request's headers have arrived.
    pub fn request_headers(&mut self, end_of_stream: bool) -> HostAction {
        let mut state = self.0.borrow_mut();
        let Some(filter) = state.filter.clone() else {
            log::error!("a request came before any configuration was accepted");
            return state.reply(&Reply::new(500));
        };
        state.began = true;
        state.headers = Some(end_of_stream);
        let flow = filter.request_headers(&mut state.stream, &mut RequestHeaders::new(end_of_stream));
        let action = state.act_on(&filter, "request headers", flow, || weak(&self.0));
        if action == HostAction::Continue {
            state.headers = None;
        }
        action
    }

    /// A part of the request's body has arrived.
    pub fn request_body(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        self.0.borrow_mut().request_body(size, end_of_stream, || weak(&self.0))
    }

    /// The request's trailers have arrived.
    pub fn request_trailers(&mut self) -> HostAction {
        self.0.borrow_mut().request_trailers(|| weak(&self.0))
    }

    /// The response's headers have arrived.
    pub fn response_headers(&mut self, end_of_stream: bool) -> HostAction {
        self.0.borrow_mut().observe("response headers", |filter, stream| {
            filter.response_headers(stream, &mut ResponseHeaders::new(end_of_stream))
        })
    }

    /// A part of the response's body has arrived.
    pub fn response_body(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        self.0.borrow_mut().response_body(size, end_of_stream)
    }

    /// The response's trailers have arrived.
    pub fn response_trailers(&mut self) -> HostAction {
        let mut state = self.0.borrow_mut();
        if let Some(size) = state.response_body.held() {
            state.response_body(size, true);
        }
        state.observe("response trailers", |filter, stream| {
            filter.response_trailers(stream, &mut ResponseTrailers::new(true))
        })
    }

    /// The stream is over. One whose request Envoy refused before it reached the filter has not begun.
    pub fn end(&mut self) {
        let mut state = self.0.borrow_mut();
        if State::<F>::SEES_REQUESTS && !state.began {
            return;
        }
        state.observe("stream end", |filter, stream| {
            filter.stream_end(stream);
            Ok(())
        });
    }
}
