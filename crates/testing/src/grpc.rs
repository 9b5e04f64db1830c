//! A gRPC server for tests, which serves every unary method alike.

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

/// Returns a response message, or a gRPC status.
type Method = Arc<dyn Fn(Request) -> Result<Vec<u8>, u32> + Send + Sync>;

/// A listening gRPC server. Dropping it closes its connections.
pub struct GrpcServer {
    address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl GrpcServer {
    /// Starts a server at an address; port 0 picks a free one. `method` gets each call, with its message as the body, and
    /// returns the response message, or a gRPC status.
    ///
    /// # Errors
    /// The address is taken.
    pub fn start(
        address: SocketAddr,
        method: impl Fn(Request) -> Result<Vec<u8>, u32> + Send + Sync + 'static,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (shutdown, shut_down) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.spawn(accept(listener, Arc::new(method)));
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
        tokio::spawn(serve(connection, Arc::clone(&method)));
    }
}

async fn serve(connection: TcpStream, method: Method) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(connection).await?;
    while let Some(call) = connection.accept().await {
        let (request, respond) = call?;
        let method = Arc::clone(&method);
        tokio::spawn(async move { reply(respond, method(read(request).await?)) });
    }
    Ok(())
}

async fn read(request: http::Request<h2::RecvStream>) -> Result<Request, h2::Error> {
    let (head, mut body) = request.into_parts();
    let mut message = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        message.extend_from_slice(&part);
    }
    let mut headers = Headers::from_iter([(":method", head.method.as_str()), (":path", head.uri.path())]);
    for (name, value) in &head.headers {
        headers.append(name, value);
    }
    let message = message.get(FRAME..).unwrap_or_default().to_vec();
    Ok(Request { headers, body: vec![message], ..Request::get(head.uri.path()) })
}

fn reply(mut respond: SendResponse<Bytes>, response: Result<Vec<u8>, u32>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(head, false)?;
    if let Ok(message) = &response {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        stream.send_data([&[0], length.to_be_bytes().as_slice(), message].concat().into(), false)?;
    }
    let status = HeaderValue::from(response.err().unwrap_or_default());
    stream.send_trailers(HeaderMap::from_iter([(HeaderName::from_static("grpc-status"), status)]))
}
