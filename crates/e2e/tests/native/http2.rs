//! A client that speaks HTTP/2.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use h2::client::SendRequest;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use proxy_filter_test::{Headers, Request, Response};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// The longest time that an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client with a connection for each address.
pub(crate) struct Client {
    runtime: Runtime,
    connections: HashMap<SocketAddr, SendRequest<Bytes>>,
}

impl Client {
    /// A client without connections.
    pub(crate) fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, connections: HashMap::new() })
    }

    /// Sends a request, with its trailers, on the connection to this address.
    pub(crate) fn send(&mut self, address: SocketAddr, request: &Request) -> Result<Response> {
        let Self { runtime, connections } = self;
        runtime.block_on(async {
            let exchange = async {
                let connection = match connections.remove(&address) {
                    Some(connection) => connection,
                    None => connect(address).await?,
                };
                let mut connection = connection.ready().await?;
                let response = exchange(&mut connection, request).await?;
                connections.insert(address, connection);
                Ok(response)
            };
            tokio::time::timeout(TIMEOUT, exchange).await.context("no answer in time")?
        })
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Bytes>> {
    let (send, connection) = h2::client::handshake(TcpStream::connect(address).await?).await?;
    tokio::spawn(connection);
    Ok(send)
}

async fn exchange(connection: &mut SendRequest<Bytes>, request: &Request) -> Result<Response> {
    let has_trailers = !request.trailers.is_empty();
    let (response, mut body) = connection.send_request(head(request)?, !has_trailers)?;
    if has_trailers {
        body.send_trailers(to_map(&request.trailers)?)?;
    }
    let (head, mut body) = response.await?.into_parts();
    while let Some(part) = body.data().await.transpose()? {
        body.flow_control().release_capacity(part.len())?;
    }
    let mut response = Response::new(head.status.as_u16());
    head.headers.iter().for_each(|(name, value)| response.headers.append(name, value));
    for (name, value) in body.trailers().await?.iter().flatten() {
        response.trailers.append(name, value);
    }
    Ok(response)
}

fn head(request: &Request) -> Result<http::Request<()>> {
    let pseudo = |name: &[u8]| request.headers.first(name).unwrap_or_default();
    let uri = Uri::builder().scheme("http").authority(pseudo(b":authority"));
    let uri = uri.path_and_query(PathAndQuery::try_from(pseudo(b":path"))?).build()?;
    let mut head = http::Request::builder().method(pseudo(b":method")).uri(uri).body(())?;
    *head.headers_mut() = to_map(&request.headers)?;
    Ok(head)
}

fn to_map(headers: &Headers) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        map.append(HeaderName::from_bytes(name)?, HeaderValue::from_bytes(value)?);
    }
    Ok(map)
}
