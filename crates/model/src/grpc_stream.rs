//! A gRPC stream that a filter has opened.

use std::collections::VecDeque;

use crate::headers::Headers;
use crate::service::{Service, UNAVAILABLE};

/// gRPC's `OK`.
const OK: u32 = 0;

/// A stream that the filter has not forgotten.
pub(crate) struct GrpcStream {
    pub(crate) token: u32,
    pub(crate) cluster: Vec<u8>,
    pub(crate) headers: Headers,
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

impl GrpcStream {
    pub(crate) fn new(token: u32, cluster: Vec<u8>, headers: Headers, service: Service) -> Self {
        // A service of another kind cannot respond.
        let events = match &service {
            Service::GrpcStream(..) | Service::Silent => VecDeque::new(),
            _ => [Event::End(UNAVAILABLE)].into(),
        };
        Self { token, cluster, headers, service, events, is_closed: false }
    }

    /// Has the service respond to a message, which is the last one if `end`.
    pub(crate) fn respond(&mut self, end: bool) {
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
    pub(crate) fn end(&mut self) {
        if matches!(self.service, Service::GrpcStream(_, OK)) {
            self.events.push_back(Event::End(OK));
        }
    }
}
