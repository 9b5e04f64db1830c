//! gRPC calls with several messages.

use std::future::poll_fn;
use std::task::Poll;

use super::grpc_service::grpc_service;
use super::inbox::Open;
use super::metadata::Metadata;
use super::response::CallError;
use crate::headers::{HeaderName, HeaderValue};
use crate::sys::{self, HostError};
use crate::vm;

/// A gRPC call with any number of messages in both directions. Dropping it cancels the call.
///
/// It works only within [`OnRequest`](crate::http::OnRequest).
///
/// Hazard: a stream has no timeout. If the service neither responds nor ends the stream, the request waits until its client
/// leaves or Envoy's `stream_idle_timeout` (5 minutes by default) ends it.
///
/// ```
/// use proxy_filter::callout::{CallError, GrpcStream};
///
/// # async fn ask() -> Result<(), CallError> {
/// let mut prices = GrpcStream::new("prices", "example.Prices", "Watch");
/// prices.send(b"tea")?;
/// prices.send_last(b"cake")?;
/// while let Some(price) = prices.next().await {
///     log::info!("{}", price?.escape_ascii());
/// }
/// # Ok(())
/// # }
/// ```
pub struct GrpcStream {
    side: Side,
}

/// This side of the stream.
enum Side {
    Unopened {
        cluster: Vec<u8>,
        service: &'static str,
        method: &'static str,
        metadata: Metadata,
    },
    Open(Open),
    /// This side sends nothing more.
    Finished(Open),
    /// The stream could not be opened, and [`GrpcStream::next`] has not said so.
    Failed(CallError),
    /// The stream could not be opened, like many before it, and `next` waits in vain.
    GivenUp(CallError),
    Over,
}

impl GrpcStream {
    /// Creates a stream to a cluster, with the full name of the service, and the method. The first [`send`](Self::send) or
    /// [`next`](Self::next) opens it.
    pub fn new(cluster: &str, service: &'static str, method: &'static str) -> Self {
        Self {
            side: Side::Unopened { cluster: cluster.into(), service, method, metadata: Metadata::default() },
        }
    }

    /// Adds metadata. Has no effect once the stream is open.
    #[must_use]
    pub fn header(mut self, name: &HeaderName, value: &HeaderValue) -> Self {
        if let Side::Unopened { metadata, .. } = &mut self.side {
            metadata.push(name, value);
        }
        self
    }

    /// Sends a serialized message.
    ///
    /// Hazard: this does not wait, so a loop that repeats it until it succeeds never returns to the host. Await something in
    /// between, or limit the attempts.
    ///
    /// # Errors
    /// [`CallError::NotSent`] if the stream cannot be opened, and [`CallError::Ended`] if this side has sent its last message
    /// or the service has ended the stream.
    pub fn send(&mut self, message: &[u8]) -> Result<(), CallError> {
        let open = self.opened()?;
        sys::grpc_send(open.token(), message, 0).map_err(CallError::NotSent)
    }

    /// Sends a serialized message and ends this side of the stream. The service can still send messages.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_last(&mut self, message: &[u8]) -> Result<(), CallError> {
        let open = self.opened()?;
        sys::grpc_send(open.token(), message, 1).map_err(CallError::NotSent)?;
        self.end_side();
        Ok(())
    }

    /// Ends this side of the stream without a further message. The service can still send messages.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn finish(&mut self) -> Result<(), CallError> {
        let open = self.opened()?;
        sys::grpc_close(open.token()).map_err(CallError::NotSent)?;
        self.end_side();
        Ok(())
    }

    /// Waits for the service's next message. Returns `None` after the service has ended the stream with status OK, and an
    /// error, then `None`, if the stream failed.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>, CallError>> {
        if let Side::Unopened { .. } = self.side {
            // An error is kept for below.
            _ = self.opened();
        }
        poll_fn(|_| self.poll_next()).await
    }

    fn poll_next(&mut self) -> Poll<Option<Result<Vec<u8>, CallError>>> {
        match &self.side {
            Side::Open(open) | Side::Finished(open) => open.poll_next(),
            &Side::Failed(reason) => {
                self.side = Side::Over;
                Poll::Ready(Some(Err(reason)))
            }
            Side::GivenUp(_) => Poll::Pending,
            Side::Unopened { .. } | Side::Over => Poll::Ready(None),
        }
    }

    /// Opens the stream, if that has not been done, and returns it if a message can be sent.
    fn opened(&mut self) -> Result<&Open, CallError> {
        if let Side::Unopened { cluster, service, method, metadata } = &self.side {
            self.side = open(cluster, service, method, metadata);
        }
        match &self.side {
            Side::Open(open) if !open.has_ended() => Ok(open),
            &Side::Failed(reason) | &Side::GivenUp(reason) => Err(reason),
            Side::Unopened { .. } | Side::Open(_) | Side::Finished(_) | Side::Over => Err(CallError::Ended),
        }
    }

    fn end_side(&mut self) {
        self.side = match std::mem::replace(&mut self.side, Side::Over) {
            Side::Open(open) => Side::Finished(open),
            side => side,
        };
    }
}

fn open(cluster: &[u8], service: &str, method: &str, metadata: &Metadata) -> Side {
    let Some(polled) = vm::polled() else { return Side::Failed(CallError::OutsideOnRequest) };
    if polled.loops() {
        return Side::GivenUp(CallError::NotSent(HostError::InternalFailure));
    }
    let token = metadata.serialized().and_then(|metadata| {
        sys::grpc_stream(&grpc_service(cluster), service.as_bytes(), method.as_bytes(), &metadata)
    });
    match token {
        Ok(token) => Side::Open(Open::new(token, polled)),
        Err(reason) if polled.fail() => Side::GivenUp(CallError::NotSent(reason)),
        Err(reason) => Side::Failed(CallError::NotSent(reason)),
    }
}
