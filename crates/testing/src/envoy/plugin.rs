//! A configuration loaded into a real Envoy, and exchanges through it.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use proxy_filter_envoy::http::{Response as Raw, receive};
use proxy_filter_envoy::recorder::Recorder;
use proxy_model::{Exchange, Request, Responder, Response, TcpExchange};

use super::connection::EnvoyConnection;
use super::running::Running;
use super::wire::{self, PAUSE};

/// How long an exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A configuration with its own listener.
pub(crate) struct EnvoyPlugin<'a> {
    running: &'a RefCell<Running>,
    listener: String,
    response: Response,
}

impl<'a> EnvoyPlugin<'a> {
    pub(super) fn new(running: &'a RefCell<Running>, listener: String) -> Self {
        Self { running, listener, response: Response::new(200) }
    }

    /// Sets the response of the upstream.
    pub(crate) fn set_upstream(&mut self, response: Response) {
        self.response = response;
    }

    pub(crate) fn send(&self, request: &Request) -> Result<Exchange> {
        let running = self.running.borrow();
        // Discards the requests of an earlier exchange.
        running.upstream.requests();
        running.upstream.set(self.response.clone());
        let mut connection = self.connect(&running)?;
        wire::send(&mut connection, head(request)?, &request.body, &request.trailers)?;
        let raw = receive(&mut connection)?;
        // The upstream records whole requests, so nothing is known of others.
        let upstream = running.upstream.requests().pop();
        // A client cannot tell Envoy's own responses from a filter's.
        let responder = if upstream.is_some() { Responder::Upstream } else { Responder::Filter };
        Ok(Exchange { upstream, is_cut: false, response: response(&raw), responder })
    }

    pub(crate) fn send_and_leave(&self, request: &Request) -> Result<()> {
        let mut connection = self.connect(&self.running.borrow())?;
        wire::send(&mut connection, head(request)?, &request.body, &request.trailers)?;
        std::thread::sleep(PAUSE);
        Ok(())
    }

    /// Sends the headers of a request, and no body, so that the upstream waits for more.
    pub(crate) fn hold(&self, request: &Request) -> Result<EnvoyRequest> {
        let mut connection = self.connect(&self.running.borrow())?;
        connection.write_all(&[head(request)?, b"content-length: 1\r\n\r\n".to_vec()].concat())?;
        std::thread::sleep(PAUSE);
        Ok(EnvoyRequest { connection })
    }

    /// Opens a connection and exchanges chunks. If the filter resets the connection, returns what arrived before.
    pub(crate) fn send_tcp(&self, chunks: &[&[u8]], response: &[&[u8]]) -> Result<TcpExchange> {
        let running = self.running.borrow();
        running.recorder.set_response(response, PAUSE);
        let accepted = running.recorder.accepted();
        let mut connection = self.connect(&running)?;
        connection.set_nodelay(true)?;
        for chunk in chunks {
            if connection.write_all(chunk).is_err() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        // Fails if the filter has closed the connection.
        _ = connection.shutdown(Shutdown::Write);
        let mut client = Vec::new();
        match connection.read_to_end(&mut client) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                Err(error).context("the connection did not close")
            }
            // Envoy connects to the upstream before it reads from the client, unless the filter has closed the connection by
            // then.
            _ if client.is_empty() && !is_connected(&running.recorder, accepted) => {
                Ok(TcpExchange::default())
            }
            _ => Ok(TcpExchange { upstream: running.recorder.next()?, client }),
        }
    }

    /// Opens a connection on which nobody sends anything.
    pub(crate) fn hold_tcp(&self) -> Result<EnvoyConnection<'a>> {
        let connection = self.connect(&self.running.borrow())?;
        EnvoyConnection::new(self.running, connection)
    }

    fn connect(&self, running: &Running) -> Result<TcpStream> {
        let connection = TcpStream::connect(running.envoy.address(&self.listener)?)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }
}

/// Waits a little, and returns whether Envoy has opened another connection to the upstream.
fn is_connected(recorder: &Recorder, accepted: usize) -> bool {
    (0..3).any(|_| {
        let is_connected = recorder.accepted() > accepted;
        if !is_connected {
            std::thread::sleep(PAUSE);
        }
        is_connected
    })
}

/// A request that Envoy waits for. Its client leaves when this is dropped.
pub(crate) struct EnvoyRequest {
    connection: TcpStream,
}

impl Drop for EnvoyRequest {
    fn drop(&mut self) {
        // If the shutdown fails, Envoy has closed the connection.
        _ = self.connection.shutdown(Shutdown::Both);
        std::thread::sleep(PAUSE);
    }
}

/// Writes the request line and headers in HTTP/1.1, without the headers that frame the body and the empty line at the
/// end. Envoy takes the client's address from `x-forwarded-for` and the scheme from `x-forwarded-proto`.
fn head(request: &Request) -> Result<Vec<u8>> {
    let pseudo = |name: &[u8]| request.headers.first(name).context("a request needs its pseudo-headers");
    let mut head = [pseudo(b":method")?, b" ", pseudo(b":path")?, b" HTTP/1.1\r\n"].concat();
    let mut line = |name: &[u8], value: &[u8]| head.extend([name, b": ", value, b"\r\n"].concat());
    line(b"host", pseudo(b":authority")?);
    line(b"connection", b"close");
    for (name, value) in request.headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        line(name, value);
    }
    if let (Some(scheme), None) =
        (request.headers.first(b":scheme"), request.headers.first(b"x-forwarded-proto"))
    {
        line(b"x-forwarded-proto", scheme);
    }
    // Envoy trusts the last address, as that of a proxy in front. What the client sent itself comes before it.
    line(b"x-forwarded-for", request.client.as_bytes());
    Ok(head)
}

fn response(raw: &Raw) -> Response {
    let mut response = Response::new(raw.status);
    for (name, value) in &raw.headers {
        response.headers.append(name, value);
    }
    response.body = if raw.body.is_empty() { Vec::new() } else { vec![raw.body.clone()] };
    for (name, value) in &raw.trailers {
        response.trailers.append(name, value);
    }
    response
}
