//! One HTTP stream: its phases, its one reply, its one outstanding call.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::answers::{self, Waiting};
use super::{PluginEntry, Verdict};
use crate::callout::{Answer, Call, CallError};
use crate::error;
use crate::flow::{Flow, Reply};
use crate::headers::{RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers};
use crate::http::{HttpFilter, RequestBody, ResponseBody};
use crate::sys::{self, HostError, Side};

/// The HTTP phases a filter registered; [`http_filter!`](crate::http_filter) implements it. A phase
/// that is not registered does nothing.
#[allow(unused_variables, clippy::missing_errors_doc, reason = "the phases' traits document both")]
pub trait HttpEntry: HttpFilter + PluginEntry {
    /// See [`OnRequestHeaders`](crate::http::OnRequestHeaders).
    fn request_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError> {
        Ok(Flow::Continue)
    }
    /// See [`OnRequestBody`](crate::http::OnRequestBody).
    fn request_body(
        &self,
        stream: &mut Self::Stream,
        body: &mut RequestBody,
    ) -> Result<Flow<Self::Tag>, HostError> {
        Ok(Flow::Continue)
    }
    /// See [`OnRequestTrailers`](crate::http::OnRequestTrailers).
    fn request_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut RequestTrailers,
    ) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnResponseHeaders`](crate::http::OnResponseHeaders).
    fn response_headers(
        &self,
        stream: &mut Self::Stream,
        headers: &mut ResponseHeaders,
    ) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnResponseBody`](crate::http::OnResponseBody).
    fn response_body(&self, stream: &mut Self::Stream, body: &mut ResponseBody) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnResponseTrailers`](crate::http::OnResponseTrailers).
    fn response_trailers(
        &self,
        stream: &mut Self::Stream,
        trailers: &mut ResponseTrailers,
    ) -> Result<(), HostError> {
        Ok(())
    }
    /// See [`OnStreamEnd`](crate::http::OnStreamEnd).
    fn stream_end(&self, stream: &mut Self::Stream) {}
    /// See [`OnAnswer`](crate::http::OnAnswer).
    fn answer(
        &self,
        stream: &mut Self::Stream,
        tag: Self::Tag,
        answer: Answer,
        request: &mut RequestHeaders,
    ) -> Result<Flow<Self::Tag>, HostError> {
        error!("an answer came to a filter that does not register `Answer`; replying 500");
        Ok(Flow::Reply(Reply::new(500)))
    }
}

/// One request and its response.
pub struct HttpStream<F: HttpEntry>(Rc<RefCell<State<F>>>);

struct State<F: HttpEntry> {
    /// The host's number for the stream.
    context: u32,
    filter: Option<Rc<F>>,
    stream: F::Stream,
    replied: bool,
    call: Option<Outstanding<F::Tag>>,
}

struct Outstanding<T> {
    token: u32,
    is_grpc: bool,
    tag: T,
}

impl<F: HttpEntry> HttpStream<F> {
    pub(super) fn new(context: u32, filter: Option<Rc<F>>) -> Self {
        let state = State { context, filter, stream: F::Stream::default(), replied: false, call: None };
        Self(Rc::new(RefCell::new(state)))
    }

    /// The request's headers have arrived.
    pub fn request_headers(&mut self, end_of_stream: bool) -> Verdict {
        let mut state = self.0.borrow_mut();
        let Some(filter) = state.filter.clone() else {
            error!("a request came before any configuration was accepted");
            return state.reply(&Reply::new(500));
        };
        let flow = filter.request_headers(&mut state.stream, &mut RequestHeaders::new(end_of_stream));
        state.go_on(&filter, "request headers", flow, || weak(&self.0))
    }

    /// A part of the request's body has arrived.
    pub fn request_body(&mut self, size: usize, end_of_stream: bool) -> Verdict {
        let mut state = self.0.borrow_mut();
        let Some(filter) = state.filter.clone() else { return Verdict::Continue };
        let mut body = RequestBody::new(size, end_of_stream);
        let flow = filter.request_body(&mut state.stream, &mut body);
        match state.go_on(&filter, "request body", flow, || weak(&self.0)) {
            Verdict::Continue if body.held() => Verdict::Stop,
            verdict => verdict,
        }
    }

    /// The request's trailers have arrived.
    pub fn request_trailers(&mut self) -> Verdict {
        self.observe("request trailers", |filter, stream| {
            filter.request_trailers(stream, &mut RequestTrailers::new(true))
        })
    }

    /// The response's headers have arrived.
    pub fn response_headers(&mut self, end_of_stream: bool) -> Verdict {
        self.observe("response headers", |filter, stream| {
            filter.response_headers(stream, &mut ResponseHeaders::new(end_of_stream))
        })
    }

    /// A part of the response's body has arrived.
    pub fn response_body(&mut self, size: usize, end_of_stream: bool) -> Verdict {
        let mut body = ResponseBody::new(size, end_of_stream);
        self.observe("response body", |filter, stream| filter.response_body(stream, &mut body));
        if body.held() { Verdict::Stop } else { Verdict::Continue }
    }

    /// The response's trailers have arrived.
    pub fn response_trailers(&mut self) -> Verdict {
        self.observe("response trailers", |filter, stream| {
            filter.response_trailers(stream, &mut ResponseTrailers::new(true))
        })
    }

    /// The stream is over.
    pub fn end(&mut self) {
        self.observe("stream end", |filter, stream| {
            filter.stream_end(stream);
            Ok(())
        });
    }

    /// Runs a phase that can only look and edit.
    fn observe(&self, phase: &str, run: impl FnOnce(&F, &mut F::Stream) -> Result<(), HostError>) -> Verdict {
        let mut state = self.0.borrow_mut();
        if let Some(filter) = state.filter.clone()
            && let Err(reason) = run(&filter, &mut state.stream)
        {
            error!("{phase}: {reason}");
        }
        Verdict::Continue
    }
}

fn weak<F: HttpEntry>(state: &Rc<RefCell<State<F>>>) -> Weak<dyn Waiting> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(state);
    weak
}

impl<F: HttpEntry> State<F> {
    /// Does what a phase returned. `waiting` is this stream, to be found by an answer.
    fn go_on(
        &mut self,
        filter: &F,
        phase: &str,
        mut flow: Result<Flow<F::Tag>, HostError>,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> Verdict {
        loop {
            match flow {
                Ok(Flow::Continue) => return Verdict::Continue,
                Ok(Flow::Reply(reply)) => return self.reply(&reply),
                Ok(Flow::Call(call, tag)) => match self.call(&call) {
                    Ok(token) => {
                        answers::wait(token, waiting());
                        self.call = Some(Outstanding { token, is_grpc: call.is_grpc(), tag });
                        return Verdict::Stop;
                    }
                    Err(reason) => {
                        let answer = Answer::Failed(CallError::NotSent(reason));
                        flow = filter.answer(&mut self.stream, tag, answer, &mut RequestHeaders::new(false));
                    }
                },
                Err(reason) => {
                    error!("{phase}: {reason}; replying 500");
                    return self.reply(&Reply::new(500).details("proxy_filter_host_error"));
                }
            }
        }
    }

    fn call(&mut self, call: &Call) -> Result<u32, HostError> {
        self.cancel();
        call.send()
    }

    /// Replies, once: hosts accept a second reply and can then leave the stream stuck (envoy#28826).
    fn reply(&mut self, reply: &Reply) -> Verdict {
        if !std::mem::replace(&mut self.replied, true)
            && let Err(reason) = reply.send()
        {
            error!("the host refused a {} reply: {reason}", reply.status());
        }
        Verdict::Stop
    }

    fn cancel(&mut self) {
        if let Some(Outstanding { token, is_grpc, .. }) = self.call.take() {
            answers::forget(token);
            // The ABI has no way to cancel an HTTP call: its answer will find nobody.
            if is_grpc {
                _ = sys::grpc_cancel(token);
            }
        }
    }
}

impl<F: HttpEntry> Waiting for RefCell<State<F>> {
    fn answered(self: Rc<Self>, answer: Answer) {
        let Ok(mut state) = self.try_borrow_mut() else { return };
        let (Some(filter), Some(Outstanding { tag, .. })) = (state.filter.clone(), state.call.take()) else {
            return;
        };
        // The answer came to the plugin; what follows is about the stream.
        if let Err(reason) = sys::set_effective_context(state.context) {
            error!("an answer came for a stream that is gone: {reason}");
            return;
        }
        let flow = filter.answer(&mut state.stream, tag, answer, &mut RequestHeaders::new(false));
        if state.go_on(&filter, "answer", flow, || weak(&self)) == Verdict::Continue
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
