//! A gRPC server for tests, which serves every method alike.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Result;
use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use proxy_model::{Headers, Request};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// The size of a message's prefix in bytes: one for compression, four for the length.
const FRAME: usize = 5;

/// What the server does with a call.
#[derive(Clone)]
enum Method {
    /// Returns a response message, or a gRPC status.
    Unary(Arc<dyn Fn(Request) -> Result<Vec<u8>, u32> + Send + Sync>),
    /// Returns the responses to a message.
    Streaming(Arc<dyn Fn(Request) -> Replies + Send + Sync>),
}

/// The responses to one message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replies {
    /// The messages.
    pub messages: Vec<Vec<u8>>,
    /// The gRPC status that ends the stream after them. If there is none, the stream ends with status OK when the client's
    /// side has ended.
    pub status: Option<u32>,
}

/// A listening gRPC server. Dropping it closes its connections.
pub struct GrpcServer {
    address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl GrpcServer {
    /// Starts a server of unary methods at an address; port 0 picks a free one. `method` gets each call, with its message as
    /// the body, and returns the response message, or a gRPC status.
    ///
    /// # Errors
    /// The address is taken.
    pub fn start(
        address: SocketAddr,
        method: impl Fn(Request) -> Result<Vec<u8>, u32> + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::serve(address, Method::Unary(Arc::new(method)))
    }

    /// Starts a server of streaming methods. `method` gets each message as the body of a request, and returns the responses
    /// to it.
    ///
    /// # Errors
    /// The address is taken.
    pub fn start_streaming(
        address: SocketAddr,
        method: impl Fn(Request) -> Replies + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::serve(address, Method::Streaming(Arc::new(method)))
    }

    fn serve(address: SocketAddr, method: Method) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (shutdown, shut_down) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.spawn(accept(listener, method));
            // The runtime drops all connections when it is dropped.
            _ = runtime.block_on(shut_down);
        });
        Ok(Self { address, shutdown: Some(shutdown), thread: Some(thread) })
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for GrpcServer {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn accept(listener: TcpListener, method: Method) {
    while let Ok((connection, _)) = listener.accept().await {
        tokio::spawn(serve(connection, method.clone()));
    }
}

async fn serve(connection: TcpStream, method: Method) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(connection).await?;
    while let Some(call) = connection.accept().await {
        let (request, respond) = call?;
        let method = method.clone();
        tokio::spawn(async move {
            match method {
                Method::Unary(method) => reply(respond, method(read(request).await?)),
                Method::Streaming(method) => converse(request, respond, &*method).await,
            }
        });
    }
    Ok(())
}

/// Returns a call's headers, as a request without a message.
fn head(head: &http::request::Parts) -> Request {
    let mut headers = Headers::from_iter([(":method", head.method.as_str()), (":path", head.uri.path())]);
    for (name, value) in &head.headers {
        headers.append(name, value);
    }
    Request { headers, ..Request::get(head.uri.path()) }
}

/// Reads the next part of a body.
async fn part(body: &mut h2::RecvStream) -> Result<Option<Bytes>, h2::Error> {
    let Some(part) = body.data().await.transpose()? else { return Ok(None) };
    body.flow_control().release_capacity(part.len())?;
    Ok(Some(part))
}

async fn read(request: http::Request<h2::RecvStream>) -> Result<Request, h2::Error> {
    let (parts, mut body) = request.into_parts();
    let mut message = Vec::new();
    while let Some(part) = part(&mut body).await? {
        message.extend_from_slice(&part);
    }
    let message = message.get(FRAME..).unwrap_or_default().to_vec();
    Ok(Request { body: vec![message], ..head(&parts) })
}

/// Responds to each message as it arrives.
async fn converse(
    request: http::Request<h2::RecvStream>,
    mut respond: SendResponse<Bytes>,
    method: &(dyn Fn(Request) -> Replies + Send + Sync),
) -> Result<(), h2::Error> {
    let (parts, mut body) = request.into_parts();
    let mut stream = respond.send_response(response_head(), false)?;
    let mut received = Vec::new();
    while let Some(part) = part(&mut body).await? {
        received.extend_from_slice(&part);
        while let Some(message) = take_message(&mut received) {
            let replies = method(Request { body: vec![message], ..head(&parts) });
            for message in &replies.messages {
                stream.send_data(framed(message), false)?;
            }
            if let Some(status) = replies.status {
                return stream.send_trailers(status_trailer(status));
            }
        }
    }
    stream.send_trailers(status_trailer(0))
}

/// Takes the first message, if it is complete.
fn take_message(received: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = received.get(1..FRAME)?.try_into().map(u32::from_be_bytes).ok()?;
    let end = FRAME.saturating_add(usize::try_from(length).ok()?);
    let message = received.get(FRAME..end)?.to_vec();
    received.drain(..end);
    Some(message)
}

fn response_head() -> Response<()> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    head
}

fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0], length.to_be_bytes().as_slice(), message].concat().into()
}

fn status_trailer(status: u32) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), HeaderValue::from(status))])
}

fn reply(mut respond: SendResponse<Bytes>, response: Result<Vec<u8>, u32>) -> Result<(), h2::Error> {
    let mut stream = respond.send_response(response_head(), false)?;
    if let Ok(message) = &response {
        stream.send_data(framed(message), false)?;
    }
    stream.send_trailers(status_trailer(response.err().unwrap_or_default()))
}
