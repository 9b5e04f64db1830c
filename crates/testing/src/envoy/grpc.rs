//! A gRPC service that responds to every call with one message or status, and records the calls.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use proxy_model::{Headers, Request};

/// A message, or a status without a message.
pub(super) type Outcome = Result<Vec<u8>, u32>;

/// The size of a message's prefix in bytes: one for compression, four for the length.
const FRAME: usize = 5;

/// A listening service.
pub(super) struct GrpcService {
    pub(super) address: SocketAddr,
    outcome: Arc<Mutex<Outcome>>,
    requests: Receiver<Request>,
}

impl GrpcService {
    pub(super) fn start(outcome: Outcome) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let outcome = Arc::new(Mutex::new(outcome));
        let (sender, requests) = channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let outcomes = Arc::clone(&outcome);
        std::thread::spawn(move || runtime.block_on(accept(listener, outcomes, sender)));
        Ok(Self { address, outcome, requests })
    }

    pub(super) fn set(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    /// Returns the calls that arrived since the last time.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

/// Serves connections until the program ends.
async fn accept(
    listener: TcpListener,
    outcomes: Arc<Mutex<Outcome>>,
    sender: Sender<Request>,
) -> io::Result<Infallible> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (connection, _) = listener.accept().await?;
        tokio::spawn(serve(connection, Arc::clone(&outcomes), sender.clone()));
    }
}

async fn serve(
    connection: tokio::net::TcpStream,
    outcomes: Arc<Mutex<Outcome>>,
    sender: Sender<Request>,
) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(connection).await?;
    while let Some(call) = connection.accept().await {
        let (request, respond) = call?;
        let outcome = outcomes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sender = sender.clone();
        tokio::spawn(async move {
            _ = sender.send(read(request).await?);
            reply(respond, outcome)
        });
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

fn reply(mut respond: SendResponse<Bytes>, outcome: Outcome) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    head.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    let mut stream = respond.send_response(head, false)?;
    if let Ok(message) = &outcome {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let frame = [&[0], length.to_be_bytes().as_slice(), message].concat();
        stream.send_data(frame.into(), false)?;
    }
    let status = outcome.err().unwrap_or_default();
    let trailers = [(HeaderName::from_static("grpc-status"), HeaderValue::from(status))];
    stream.send_trailers(HeaderMap::from_iter(trailers))
}
