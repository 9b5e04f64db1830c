//! gRPC calls with several messages.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::Poll;

use super::grpc_service::grpc_service;
use super::metadata::Metadata;
use super::response::{CallError, CallResponse};
use super::table;
use crate::headers::{HeaderName, HeaderValue};
use crate::sys::{self, HostError};
use crate::vm::{Polled, Waiting};

/// A gRPC call with any number of messages in both directions. Dropping it cancels the call.
///
/// It works only within [`OnRequest`](crate::http::OnRequest), and is opened by the first [`send`](Self::send) or
/// [`next`](Self::next).
///
/// Hazard: a stream has no timeout. If the service neither responds nor ends the stream, the request waits until its client
/// leaves or Envoy's `stream_idle_timeout` (5 minutes by default) ends it.
///
/// ```
/// use proxy_filter::callout::{CallError, GrpcStream};
///
/// # async fn ask() -> Result<(), CallError> {
/// let mut prices = GrpcStream::open("prices", "example.Prices", "Watch");
/// prices.send(b"tea", false)?;
/// prices.send(b"cake", true)?;
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
    GivenUp,
    Over,
}

/// A stream that the host knows, until the service ends it.
struct Open(Rc<Inbox>);

/// Where messages arrive.
struct Inbox {
    token: u32,
    messages: RefCell<VecDeque<Result<Vec<u8>, CallError>>>,
    has_ended: Cell<bool>,
    polled: Rc<Polled>,
}

impl GrpcStream {
    /// Creates a stream to a cluster, with the full name of the service, and the method.
    pub fn open(cluster: &str, service: &'static str, method: &'static str) -> Self {
        Self {
            side: Side::Unopened { cluster: cluster.into(), service, method, metadata: Metadata::default() },
        }
    }

    /// Adds metadata, if the stream is not open.
    #[must_use]
    pub fn header(mut self, name: &HeaderName, value: &HeaderValue) -> Self {
        if let Side::Unopened { metadata, .. } = &mut self.side {
            metadata.push(name, value);
        }
        self
    }

    /// Sends a serialized message. With `end`, it is the last one.
    ///
    /// # Errors
    /// [`CallError::NotSent`] if the stream cannot be opened, this side has sent its last message, or the service has ended
    /// the stream.
    pub fn send(&mut self, message: &[u8], end: bool) -> Result<(), CallError> {
        let open = self.opened()?;
        sys::grpc_send(open.0.token, message, u32::from(end)).map_err(CallError::NotSent)?;
        if end {
            self.end_side();
        }
        Ok(())
    }

    /// Ends this side of the stream without a further message. The service can still send messages.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn finish(&mut self) -> Result<(), CallError> {
        let open = self.opened()?;
        sys::grpc_close(open.0.token).map_err(CallError::NotSent)?;
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
            Side::Open(Open(inbox)) | Side::Finished(Open(inbox)) => {
                match inbox.messages.borrow_mut().pop_front() {
                    Some(message) => Poll::Ready(Some(message)),
                    None if inbox.has_ended.get() => Poll::Ready(None),
                    None => Poll::Pending,
                }
            }
            &Side::Failed(reason) => {
                self.side = Side::Over;
                Poll::Ready(Some(Err(reason)))
            }
            Side::GivenUp => Poll::Pending,
            Side::Unopened { .. } | Side::Over => Poll::Ready(None),
        }
    }

    /// Opens the stream, if that has not been done, and returns it if a message can be sent.
    fn opened(&mut self) -> Result<&Open, CallError> {
        if let Side::Unopened { cluster, service, method, metadata } = &self.side {
            self.side = open(cluster, service, method, metadata);
        }
        match &self.side {
            Side::Open(open) if !open.0.has_ended.get() => Ok(open),
            &Side::Failed(reason) => Err(reason),
            Side::Unopened { .. } | Side::Open(_) | Side::Finished(_) | Side::GivenUp | Side::Over => {
                Err(CallError::NotSent(HostError::BadArgument))
            }
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
    let failed = |reason| Side::Failed(CallError::NotSent(reason));
    let Some(polled) = Polled::current() else { return failed(HostError::BadArgument) };
    let token = metadata.serialized().and_then(|metadata| {
        sys::grpc_stream(&grpc_service(cluster), service.as_bytes(), method.as_bytes(), &metadata)
    });
    match token {
        Ok(token) => {
            polled.begin();
            let (messages, has_ended) = (RefCell::default(), Cell::new(false));
            let inbox = Rc::new(Inbox { token, messages, has_ended, polled });
            inbox.listen();
            Side::Open(Open(inbox))
        }
        Err(_) if polled.loops() => Side::GivenUp,
        Err(reason) => failed(reason),
    }
}

impl Inbox {
    /// Waits for what comes next.
    fn listen(self: &Rc<Self>) {
        let weak: Weak<Self> = Rc::downgrade(self);
        table::wait(self.token, weak);
    }

    /// Cancels the stream, also after the service has ended it: Envoy keeps a stream until both sides have ended it, and sending
    /// a last message does not count.
    fn end(&self) {
        if !self.has_ended.replace(true) {
            table::forget(self.token);
            self.polled.end();
            _ = sys::grpc_cancel(self.token);
        }
    }
}

impl Waiting for Inbox {
    fn resume(self: Rc<Self>, response: CallResponse) {
        match response {
            CallResponse::Grpc(message) => {
                self.messages.borrow_mut().push_back(Ok(message));
                self.listen();
            }
            // Ended with status OK.
            CallResponse::Failed(CallError::NoResponse) | CallResponse::Http(..) => self.end(),
            CallResponse::Failed(reason) => {
                self.messages.borrow_mut().push_back(Err(reason));
                self.end();
            }
        }
        self.polled.wake();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.end();
    }
}
