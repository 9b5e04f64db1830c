//! One HTTP stream: its phases, its one reply, its one outstanding call.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::answers::{self, Waiting};
use super::{HttpEntry, Verdict};
use crate::callout::{Answer, Call, CallError};
use crate::error;
use crate::flow::{Flow, Reply};
use crate::headers::{RequestHeaders, RequestTrailers, ResponseHeaders, ResponseTrailers};
use crate::http::{Collecting, RequestBody, ResponseBody};
use crate::sys::{self, HostError, Side};

/// Calls in a row that may fail to be sent before the filter is taken to ask for ever.
const UNSENT_LIMIT: usize = 8;

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

struct Outstanding<T> {
    token: u32,
    is_grpc: bool,
    tag: T,
}

/// What came of the request while it waited for an answer, and is held by the host.
#[derive(Default)]
struct Missed {
    /// Bytes of the body so far, and whether that is all.
    body: Option<(usize, bool)>,
    trailers: bool,
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
    pub fn request_headers(&mut self, end_of_stream: bool) -> Verdict {
        let mut state = self.0.borrow_mut();
        let Some(filter) = state.filter.clone() else {
            error!("a request came before any configuration was accepted");
            return state.reply(&Reply::new(500));
        };
        state.began = true;
        state.headers = Some(end_of_stream);
        let flow = filter.request_headers(&mut state.stream, &mut RequestHeaders::new(end_of_stream));
        let verdict = state.go_on(&filter, "request headers", flow, || weak(&self.0));
        if verdict == Verdict::Continue {
            state.headers = None;
        }
        verdict
    }

    /// A part of the request's body has arrived.
    pub fn request_body(&mut self, size: usize, end_of_stream: bool) -> Verdict {
        self.0.borrow_mut().request_body(size, end_of_stream, || weak(&self.0))
    }

    /// The request's trailers have arrived.
    pub fn request_trailers(&mut self) -> Verdict {
        self.0.borrow_mut().request_trailers(|| weak(&self.0))
    }

    /// The response's headers have arrived.
    pub fn response_headers(&mut self, end_of_stream: bool) -> Verdict {
        self.0.borrow_mut().observe("response headers", |filter, stream| {
            filter.response_headers(stream, &mut ResponseHeaders::new(end_of_stream))
        })
    }

    /// A part of the response's body has arrived.
    pub fn response_body(&mut self, size: usize, end_of_stream: bool) -> Verdict {
        self.0.borrow_mut().response_body(size, end_of_stream)
    }

    /// The response's trailers have arrived.
    pub fn response_trailers(&mut self) -> Verdict {
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

fn weak<F: HttpEntry>(state: &Rc<RefCell<State<F>>>) -> Weak<dyn Waiting> {
    let weak: Weak<RefCell<State<F>>> = Rc::downgrade(state);
    weak
}

impl<F: HttpEntry> State<F> {
    /// What comes while the request waits for an answer is kept until that comes.
    fn request_body(
        &mut self,
        size: usize,
        end_of_stream: bool,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> Verdict {
        if self.call.is_some() {
            self.missed.body = Some((size, end_of_stream));
            return Verdict::Stop;
        }
        let Some(filter) = self.filter.clone() else { return Verdict::Continue };
        let mut body = RequestBody::new(size, end_of_stream, self.request_body);
        let flow = filter.request_body(&mut self.stream, &mut body);
        self.request_body = body.collecting();
        match self.go_on(&filter, "request body", flow, waiting) {
            Verdict::Continue if self.request_body.held().is_some() => Verdict::Stop,
            verdict => verdict,
        }
    }

    /// Trailers end a body too: what of it is held comes to the body's phase first.
    fn request_trailers(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> Verdict {
        if self.call.is_none()
            && let Some(size) = self.request_body.held()
        {
            self.request_body(size, true, waiting);
        }
        if self.call.is_some() {
            self.missed.trailers = true;
            return Verdict::Stop;
        }
        if self.replied {
            return Verdict::Stop;
        }
        self.observe("request trailers", |filter, stream| {
            filter.request_trailers(stream, &mut RequestTrailers::new(true))
        })
    }

    fn response_body(&mut self, size: usize, end_of_stream: bool) -> Verdict {
        let mut body = ResponseBody::new(size, end_of_stream, self.response_body);
        self.observe("response body", |filter, stream| filter.response_body(stream, &mut body));
        self.response_body = body.collecting();
        if self.response_body.held().is_some() { Verdict::Stop } else { Verdict::Continue }
    }

    /// Runs a phase that can only look and edit.
    fn observe(
        &mut self,
        phase: &str,
        run: impl FnOnce(&F, &mut F::Stream) -> Result<(), HostError>,
    ) -> Verdict {
        if let Some(filter) = self.filter.clone()
            && let Err(reason) = run(&filter, &mut self.stream)
        {
            error!("{phase}: {reason}");
        }
        Verdict::Continue
    }

    /// Does what a phase returned. `waiting` is this stream, to be found by an answer.
    fn go_on(
        &mut self,
        filter: &F,
        phase: &str,
        mut flow: Result<Flow<F::Tag>, HostError>,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> Verdict {
        for _ in 0..UNSENT_LIMIT {
            match flow {
                Ok(Flow::Continue) => return Verdict::Continue,
                Ok(Flow::Reply(reply)) => return self.reply(&reply),
                Ok(Flow::Call(..)) if !F::HAS_ANSWER => {
                    error!("{phase}: the filter makes a call but does not register `Answer`; replying 500");
                    return self.reply(&Reply::new(500).details("proxy_filter_no_answer_phase"));
                }
                Ok(Flow::Call(call, tag)) => match self.call(&call) {
                    Ok(token) => {
                        answers::wait(token, waiting());
                        self.call = Some(Outstanding { token, is_grpc: call.is_grpc(), tag });
                        return Verdict::Stop;
                    }
                    Err(reason) => {
                        let answer = Answer::Failed(CallError::NotSent(reason));
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
    fn answer(&mut self, filter: &F, tag: F::Tag, answer: Answer) -> Result<Flow<F::Tag>, HostError> {
        let mut headers = self.headers.map(RequestHeaders::new);
        filter.answer(&mut self.stream, tag, answer, headers.as_mut())
    }

    /// Goes through what came while the request waited.
    fn catch_up(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> Verdict {
        let missed = std::mem::take(&mut self.missed);
        let mut verdict = if self.request_body.held().is_some() { Verdict::Stop } else { Verdict::Continue };
        if let Some((size, end_of_stream)) = missed.body {
            verdict = self.request_body(size, end_of_stream || missed.trailers, &waiting);
        }
        if missed.trailers {
            verdict = self.request_trailers(waiting);
        }
        verdict
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
        let waiting = || weak(&self);
        let flow = state.answer(&filter, tag, answer);
        if state.go_on(&filter, "answer", flow, waiting) != Verdict::Continue {
            return;
        }
        state.headers = None;
        if state.catch_up(waiting) == Verdict::Continue
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
