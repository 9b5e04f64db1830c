//! The gRPC streams that a filter has opened.

use std::collections::VecDeque;

use proxy_filter::sys::HostError;

use crate::headers::Headers;
use crate::message::Request;
use crate::service::{Service, UNAVAILABLE};
use crate::worker::Worker;

/// gRPC's `OK`.
const OK: u32 = 0;

/// A stream that the filter has not forgotten.
pub(crate) struct GrpcStream {
    pub(crate) token: u32,
    cluster: Vec<u8>,
    headers: Headers,
    service: Service,
    /// What the service has sent.
    pub(crate) events: VecDeque<Event>,
    /// Whether the filter has ended its side by `grpc_close`.
    pub(crate) is_closed: bool,
}

/// What a service sends on a stream.
pub(crate) enum Event {
    Message(Vec<u8>),
    /// The end, with a status.
    End(u32),
}

impl Worker {
    pub(crate) fn open_stream(&self, cluster: &[u8], headers: Headers) -> Result<u32, HostError> {
        let token = self.shared.stream_token();
        let Some(service) = self.shared.services.borrow().get(cluster).cloned() else {
            self.failed.borrow_mut().push(token);
            return Err(HostError::InternalFailure);
        };
        // A service of another kind cannot respond.
        let events = match &service {
            Service::GrpcStream(..) | Service::Silent => VecDeque::new(),
            _ => [Event::End(UNAVAILABLE)].into(),
        };
        let cluster = cluster.to_vec();
        self.streams.borrow_mut().push(GrpcStream {
            token,
            cluster,
            headers,
            service,
            events,
            is_closed: false,
        });
        Ok(token)
    }

    /// Changes a stream.
    pub(crate) fn with_stream<R>(
        &self,
        token: u32,
        change: impl FnOnce(&mut GrpcStream) -> R,
    ) -> Result<R, HostError> {
        let mut streams = self.streams.borrow_mut();
        streams.iter_mut().find(|stream| stream.token == token).map(change).ok_or(HostError::NotFound)
    }

    pub(crate) fn send_on_stream(&self, token: u32, message: &[u8], end: bool) -> Result<(), HostError> {
        let call = self.with_stream(token, |stream| {
            stream.respond(end);
            (stream.cluster.clone(), stream.headers.clone())
        });
        let (cluster, headers) = call?;
        let request = Request { headers, body: vec![message.to_vec()], ..Request::get("") };
        self.shared.calls.borrow_mut().push((cluster, request));
        Ok(())
    }

    pub(crate) fn close_stream(&self, token: u32) -> Result<(), HostError> {
        self.with_stream(token, |stream| {
            stream.is_closed = true;
            stream.end();
        })
    }

    pub(crate) fn forget_stream(&self, token: u32) -> Result<(), HostError> {
        let mut streams = self.streams.borrow_mut();
        let position = streams.iter().position(|stream| stream.token == token).ok_or(HostError::NotFound)?;
        streams.remove(position);
        Ok(())
    }
}

impl GrpcStream {
    /// Has the service respond to a message, which is the last one if `end`.
    fn respond(&mut self, end: bool) {
        if let Service::GrpcStream(replies, status) = &self.service {
            self.events.extend(replies.iter().cloned().map(Event::Message));
            if *status != OK {
                self.events.push_back(Event::End(*status));
            }
        }
        if end {
            self.end();
        }
    }

    /// Has the service end the stream, because the filter's side has ended.
    fn end(&mut self) {
        if matches!(self.service, Service::GrpcStream(_, OK)) {
            self.events.push_back(Event::End(OK));
        }
    }
}
