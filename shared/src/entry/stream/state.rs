//! The state of a stream from phase to phase, and the phases that use it.

use std::rc::Rc;

use super::running::Running as _;
use crate::callout::table;
use crate::entry::{HostAction, HttpEntry, is_registered};
use crate::flow::Reply;
use crate::http::{Collecting, ResponseBody};
use crate::sys::HostError;

/// The state of one stream.
pub(super) struct State<F: HttpEntry> {
    /// The stream's context id.
    pub(super) context: u32,
    pub(super) filter: Option<Rc<F>>,
    pub(super) stream: F::Stream,
    pub(super) headers: Headers,
    pub(super) replied: bool,
    pub(super) call: Option<Outstanding<F::Tag>>,
    pub(super) running: F::Running,
    pub(super) request_body: Collecting,
    /// Whether the body phase has run.
    pub(super) has_seen_body: bool,
    pub(super) response_body: Collecting,
    pub(super) deferred: Deferred,
}

/// The request's headers.
#[derive(Clone, Copy)]
pub(super) enum Headers {
    /// They have not arrived. A stream can end before they do.
    Awaited,
    /// The filter can read and edit them.
    Editable { end_of_stream: bool },
    /// The host has passed them on.
    PassedOn,
}

/// A call that was sent, and the filter's tag for it.
pub(super) struct Outstanding<T> {
    pub(super) token: u32,
    pub(super) cancel: table::Cancel,
    pub(super) tag: T,
}

/// The parts of the request that arrived while it waited for a response. The host buffers them.
#[derive(Default)]
pub(super) struct Deferred {
    /// The size of the body so far, and whether it is complete.
    pub(super) body: Option<(usize, bool)>,
    pub(super) trailers: bool,
}

impl<F: HttpEntry> State<F> {
    /// Whether the filter registered the phase that starts every request.
    pub(super) const SEES_REQUESTS: bool =
        is_registered(F::PHASES, "RequestHeaders") || is_registered(F::PHASES, "Request");

    /// Whether the filter registered the phase of the request's body.
    pub(super) const SEES_BODIES: bool = is_registered(F::PHASES, "RequestBody");

    pub(super) fn new(context: u32, filter: Option<Rc<F>>) -> Self {
        Self {
            context,
            filter,
            stream: F::Stream::default(),
            headers: Headers::Awaited,
            replied: false,
            call: None,
            running: F::Running::default(),
            request_body: Collecting::default(),
            has_seen_body: false,
            response_body: Collecting::default(),
            deferred: Deferred::default(),
        }
    }

    /// Returns whether the request waits for a response to a call.
    pub(super) fn is_waiting(&self) -> bool {
        self.call.is_some() || self.running.is_running()
    }

    /// Ends the filter's future, and takes the stream's state back.
    pub(super) fn end_running(&mut self) {
        if let Some(stream) = self.running.end() {
            self.stream = stream;
        }
    }

    pub(super) fn response_body(&mut self, size: usize, end_of_stream: bool) -> HostAction {
        let mut body = ResponseBody::new(size, end_of_stream, self.response_body);
        self.observe("response body", |filter, stream| filter.response_body(stream, &mut body));
        self.response_body = body.collecting();
        if self.response_body.held().is_some() { HostAction::Stop } else { HostAction::Continue }
    }

    /// Ends the filter's future or call, if the request still waits for one before its headers are passed on: then another
    /// filter or the host has replied, or the client has left.
    fn end_waiting(&mut self) {
        self.end_running();
        if matches!(self.headers, Headers::Editable { .. })
            && let Some(Outstanding { token, cancel, .. }) = self.call.take()
        {
            table::cancel(token, cancel);
        }
    }

    /// Runs a phase that can only read and edit. A request that waits does not wait any longer.
    pub(super) fn observe(
        &mut self,
        phase: &str,
        run: impl FnOnce(&F, &mut F::Stream) -> Result<(), HostError>,
    ) -> HostAction {
        self.end_waiting();
        if let Some(filter) = self.filter.clone()
            && let Err(reason) = run(&filter, &mut self.stream)
        {
            log::error!("{phase}: {reason}");
        }
        HostAction::Continue
    }

    /// Replies, but only once: hosts accept a second reply, which can leave the stream stuck (envoy#28826).
    pub(super) fn reply(&mut self, reply: &Reply) -> HostAction {
        if !std::mem::replace(&mut self.replied, true)
            && let Err(reason) = reply.send()
        {
            log::error!("the host refused a {} reply: {reason}", reply.status());
        }
        HostAction::Stop
    }
}
