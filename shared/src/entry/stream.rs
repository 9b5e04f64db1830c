//! One HTTP stream: its phases, its one reply, its one outstanding call.

mod waiting;

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::calls::Waiting;
use super::{HostAction, HttpEntry};
use crate::error;
use crate::flow::Reply;
use crate::headers::{RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers};
use crate::http::{Collecting, RequestBody, ResponseBody};
use crate::sys::HostError;
use waiting::{Missed, Outstanding, weak};

/// One request and its response.
pub struct HttpStream<F: HttpEntry>(Rc<RefCell<State<F>>>);

struct State<F: HttpEntry> {
    /// The host's number for the stream.
    context: u32,
    filter: Option<Rc<F>>,
    stream: F::Stream,
    /// Whether the request's headers came by: before them a stream can end, not begin.
    began: bool,
    /// The request's headers, as long as they can be touched: whether nothing follows them.
    headers: Option<bool>,
    replied: bool,
    call: Option<Outstanding<F::Tag>>,
    request_body: Collecting,
    response_body: Collecting,
    missed: Missed,
}

impl<F: HttpEntry> HttpStream<F> {
    pub(super) fn new(context: u32, filter: Option<Rc<F>>) -> Self {
        Self(Rc::new(RefCell::new(State {
            context,
            filter,
            stream: F::Stream::default(),
            began: false,
            headers: None,
            replied: false,
            call: None,
            request_body: Collecting::default(),
            response_body: Collecting::default(),
            missed: Missed::default(),
        })))
    }

    /// The request's headers have arrived.
    pub fn request_headers(&mut self, end_of_stream: bool) -> HostAction {
        let mut state = self.0.borrow_mut();
        let Some(filter) = state.filter.clone() else {
            error!("a request came before any configuration was accepted");
            return state.reply(&Reply::new(500));
        };
        state.began = true;
        state.headers = Some(end_of_stream);
        let flow = filter.request_headers(&mut state.stream, &mut RequestHeaders::new(end_of_stream));
        let action = state.go_on(&filter, "request headers", flow, || weak(&self.0));
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
        if F::HAS_REQUEST_HEADERS && !state.began {
            return;
        }
        state.observe("stream end", |filter, stream| {
            filter.stream_end(stream);
            Ok(())
        });
    }
}

impl<F: HttpEntry> State<F> {
    /// What comes while the request waits for an answer is kept until that comes.
    fn request_body(
        &mut self,
        size: usize,
        end_of_stream: bool,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> HostAction {
        if self.call.is_some() {
            self.missed.body = Some((size, end_of_stream));
            return HostAction::Stop;
        }
        let Some(filter) = self.filter.clone() else { return HostAction::Continue };
        let mut body = RequestBody::new(size, end_of_stream, self.request_body);
        let flow = filter.request_body(&mut self.stream, &mut body);
        self.request_body = body.collecting();
        match self.go_on(&filter, "request body", flow, waiting) {
            HostAction::Continue if self.request_body.held().is_some() => HostAction::Stop,
            action => action,
        }
    }

    /// Trailers end a body too: what of it is held comes to the body's phase first.
    fn request_trailers(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> HostAction {
        if self.call.is_none()
            && let Some(size) = self.request_body.held()
        {
            self.request_body(size, true, waiting);
        }
        if self.call.is_some() {
            self.missed.trailers = true;
            return HostAction::Stop;
        }
        if self.replied {
            return HostAction::Stop;
        }
        self.observe("request trailers", |filter, stream| {
            filter.request_trailers(stream, &mut RequestTrailers::new(true))
        })
    }

    fn response_body(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        let mut body = ResponseBody::new(size, end_of_stream, self.response_body);
        self.observe("response body", |filter, stream| filter.response_body(stream, &mut body));
        self.response_body = body.collecting();
        if self.response_body.held().is_some() { HostAction::Stop } else { HostAction::Continue }
    }

    /// Runs a phase that can only look and edit.
    fn observe(
        &mut self,
        phase: &str,
        run: impl FnOnce(&F, &mut F::Stream) -> Result<(), HostError>,
    ) -> HostAction {
        if let Some(filter) = self.filter.clone()
            && let Err(reason) = run(&filter, &mut self.stream)
        {
            error!("{phase}: {reason}");
        }
        HostAction::Continue
    }

    /// Replies, once: hosts accept a second reply and can then leave the stream stuck (envoy#28826).
    fn reply(&mut self, reply: &Reply) -> HostAction {
        if !std::mem::replace(&mut self.replied, true)
            && let Err(reason) = reply.send()
        {
            error!("the host refused a {} reply: {reason}", reply.status());
        }
        HostAction::Stop
    }
}
