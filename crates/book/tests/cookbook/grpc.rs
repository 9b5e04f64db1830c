//! A call over HTTP/2, as gRPC clients make it.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use harness::http::Response;
use proxy_filter_test::Request;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An empty message: not compressed, and no bytes long.
const MESSAGE: &[u8] = &[0; 5];

/// Returns whether a request is a call.
pub(crate) fn is_call(request: &Request) -> bool {
    request.headers.first(b"content-type").is_some_and(|kind| kind.starts_with(b"application/grpc"))
}

/// Makes a call with an empty message on a connection.
pub(crate) fn call(request: &Request, connection: std::net::TcpStream) -> Result<Response> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    connection.set_nonblocking(true)?;
    runtime.block_on(async { timeout(PATIENCE, exchange(request, connection)).await.context("no response")? })
}

async fn exchange(request: &Request, connection: std::net::TcpStream) -> Result<Response> {
    let (client, connection) = h2::client::handshake(TcpStream::from_std(connection)?).await?;
    tokio::spawn(connection);
    let (response, mut stream) = client.ready().await?.send_request(head(request)?, false)?;
    stream.send_data(Bytes::from_static(MESSAGE), true)?;
    let (head, mut body) = response.await?.into_parts();
    let mut received = Vec::new();
    while let Some(part) = body.data().await.transpose()? {
        body.flow_control().release_capacity(part.len())?;
        received.extend_from_slice(&part);
    }
    let trailers = body.trailers().await?.unwrap_or_default();
    let pairs = |headers: &http::HeaderMap| {
        headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
    };
    Ok(Response {
        status: head.status.as_u16(),
        headers: pairs(&head.headers),
        body: received,
        trailers: pairs(&trailers),
    })
}

fn head(request: &Request) -> Result<http::Request<()>> {
    let text = |name: &[u8]| -> Result<&str> {
        let value = request.headers.first(name).context("a request needs its pseudo-headers")?;
        Ok(std::str::from_utf8(value)?)
    };
    let uri = format!("http://{}{}", text(b":authority")?, text(b":path")?);
    let mut head = http::Request::builder().method(text(b":method")?).uri(uri);
    head = head.header("te", "trailers");
    for (name, value) in request.headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        head = head.header(name, value);
    }
    Ok(head.body(())?)
}
