//! A client that speaks HTTP/1.1 and sends any bytes.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Result;
use harness::http::receive;
use proxy_filter_test::{Headers, Request, Response};

/// Sends a request on a connection of its own, with its trailers after an empty body.
pub(crate) fn send(address: SocketAddr, request: &Request) -> Result<Response> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let pseudo = |name: &[u8]| request.headers.first(name).unwrap_or_default();
    let mut bytes =
        [pseudo(b":method"), b" ", pseudo(b":path"), b" HTTP/1.1\r\nhost: ", pseudo(b":authority")].concat();
    bytes.extend(b"\r\nconnection: close\r\n");
    append(&mut bytes, &request.headers);
    if !request.trailers.is_empty() {
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n0\r\n");
        append(&mut bytes, &request.trailers);
    }
    bytes.extend(b"\r\n");
    connection.write_all(&bytes)?;
    let received = receive(&mut connection)?;
    let mut response = Response::new(received.status);
    received.headers.iter().for_each(|(name, value)| response.headers.append(name, value));
    received.trailers.iter().for_each(|(name, value)| response.trailers.append(name, value));
    Ok(response)
}

fn append(bytes: &mut Vec<u8>, headers: &Headers) {
    for (name, value) in headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        bytes.extend([name, b": ", value, b"\r\n"].concat());
    }
}
