//! The phases of the request's body and trailers, which may have to wait.

use std::rc::Weak;

use super::state::State;
use crate::entry::{HostAction, HttpEntry};
use crate::headers::RequestTrailers;
use crate::http::RequestBody;
use crate::vm::Waiting;

impl<F: HttpEntry> State<F> {
    /// Runs the request body phase, or defers it while the request waits for a response.
    pub(super) fn request_body(
        &mut self,
        size: usize,
        end_of_stream: bool,
        waiting: impl Fn() -> Weak<dyn Waiting>,
    ) -> HostAction {
        if self.is_waiting() {
            self.deferred.body = Some((size, end_of_stream));
            return HostAction::Stop;
        }
        let Some(filter) = self.filter.clone() else { return HostAction::Continue };
        self.has_seen_body = true;
        let mut body = RequestBody::new(size, end_of_stream, self.request_body);
        let flow = filter.request_body(&mut self.stream, &mut body);
        self.request_body = body.collecting();
        match self.act_on(&filter, "request body", flow, waiting) {
            HostAction::Continue if self.request_body.held().is_some() => HostAction::Stop,
            action => action,
        }
    }

    /// Runs the request trailers phase. If the host buffers a body, or there was none, runs the body phase first, because
    /// trailers end the body.
    pub(super) fn request_trailers(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> HostAction {
        let without_body = || (Self::SEES_BODIES && !self.has_seen_body).then_some(0);
        if !self.is_waiting()
            && !self.replied
            && let Some(size) = self.request_body.held().or_else(without_body)
        {
            self.request_body(size, true, waiting);
        }
        if self.is_waiting() {
            self.deferred.trailers = true;
            return HostAction::Stop;
        }
        if self.replied {
            return HostAction::Stop;
        }
        self.observe("request trailers", |filter, stream| {
            filter.request_trailers(stream, &mut RequestTrailers::new(true))
        })
    }

    /// Runs the phases that were due while the request waited.
    pub(super) fn run_deferred(&mut self, waiting: impl Fn() -> Weak<dyn Waiting>) -> HostAction {
        let deferred = std::mem::take(&mut self.deferred);
        let mut action =
            if self.request_body.held().is_some() { HostAction::Stop } else { HostAction::Continue };
        if let Some((size, end_of_stream)) = deferred.body {
            action = self.request_body(size, end_of_stream || deferred.trailers, &waiting);
        }
        if deferred.trailers {
            action = self.request_trailers(waiting);
        }
        action
    }
}
