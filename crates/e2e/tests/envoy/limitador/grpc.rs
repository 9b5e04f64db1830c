//! A gRPC server with one unary method.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Result;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, server};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Bytes before a message: one for its compression flag, four for its length.
const FRAME_HEADER: usize = 5;

/// Returns a response message, or a gRPC status.
type Method = Arc<dyn Fn(&[u8]) -> Result<Vec<u8>, u32> + Send + Sync>;

/// A listening server. Dropping it closes its connections.
pub(super) struct GrpcServer {
    address: SocketAddr,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl GrpcServer {
    /// Starts a server at an address; port 0 picks a free one.
    ///
    /// # Errors
    /// The address is taken.
    pub(super) fn start(
        address: SocketAddr,
        method: impl Fn(&[u8]) -> Result<Vec<u8>, u32> + Send + Sync + 'static,
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

    pub(super) fn address(&self) -> SocketAddr {
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
    let mut connection = server::handshake(connection).await?;
    while let Some(call) = connection.accept().await {
        let (request, respond) = call?;
        let method = Arc::clone(&method);
        tokio::spawn(async move {
            let message = read(request).await?;
            reply(respond, method(message.get(FRAME_HEADER..).unwrap_or_default()))
        });
    }
    Ok(())
}

async fn read(request: Request<RecvStream>) -> Result<Vec<u8>, h2::Error> {
    let mut body = request.into_body();
    let mut bytes = Vec::new();
    while let Some(part) = body.data().await {
        let part = part?;
        body.flow_control().release_capacity(part.len())?;
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
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
