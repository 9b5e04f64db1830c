//! The built module in a real Envoy.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};
use proxy_model::{Exchange, Headers, Request, Response};
use testbed::bootstrap::{Bootstrap, Filter};
use testbed::envoy::Envoy;
use testbed::http::{Response as Raw, receive};
use testbed::recorder::{self, Recorder};

use crate::run::{Chain, skip};
use crate::upstream::Upstream;

/// Between two parts or chunks, so that Envoy reads them one by one.
const PAUSE: Duration = Duration::from_millis(50);

/// A configuration loaded into an Envoy of its own.
pub(crate) struct EnvoyPlugin {
    envoy: Envoy,
    upstream: Upstream,
    recorder: Recorder,
}

/// Starts an Envoy with the module, unless it refuses the configuration: then the line that it logged.
pub(crate) fn load(module: &str, chain: Chain, configuration: &str) -> Result<EnvoyPlugin, String> {
    start(module, chain, configuration).unwrap_or_else(|error| panic!("{error:#}"))
}

fn start(module: &str, chain: Chain, configuration: &str) -> Result<Result<EnvoyPlugin, String>> {
    let (upstream, recorder) = (Upstream::start()?, Recorder::start()?);
    let filters = [Filter::new(module, configuration)];
    let bootstrap = Bootstrap::default()
        .trusted_hops(1)
        .cluster("http", upstream.address)
        .cluster("tcp", recorder.address());
    let bootstrap = match chain {
        Chain::Http => bootstrap.http("listener", &filters, "http"),
        Chain::Tcp => bootstrap.tcp("listener", &filters, "tcp"),
    };
    let envoy = match Envoy::start(&bootstrap) {
        Ok(envoy) => envoy,
        Err(error) => {
            let said = format!("{error:#}");
            let refused = said.split_once("configuration refused: ").map(|(_, rest)| rest.to_owned());
            return match refused {
                Some(reason) => Ok(Err(format!("Error: configuration refused: {reason}"))),
                None => Err(error),
            };
        }
    };
    Ok(Ok(EnvoyPlugin { envoy, upstream, recorder }))
}

impl EnvoyPlugin {
    pub(crate) fn set_upstream(&self, response: Response) {
        self.upstream.set(response);
    }

    pub(crate) fn send(&self, request: &Request) -> Result<Exchange> {
        if !request.trailers.is_empty() {
            skip("HTTP/1.1 to this Envoy has no trailers");
        }
        let mut connection = TcpStream::connect(self.envoy.address("listener")?)?;
        connection.set_read_timeout(Some(Duration::from_secs(30)))?;
        connection.write_all(&head(request)?)?;
        for part in &request.body {
            std::thread::sleep(PAUSE);
            connection.write_all(&[format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat())?;
        }
        if !request.body.is_empty() {
            connection.write_all(b"0\r\n\r\n")?;
        }
        let raw = receive(&mut connection)?;
        Ok(Exchange { upstream: self.upstream.last(), response: response(&raw) })
    }

    pub(crate) fn send_tcp(&self, chunks: &[&[u8]]) -> Result<Vec<u8>> {
        recorder::send(self.envoy.address("listener")?, chunks, PAUSE)?;
        self.recorder.next()
    }
}

/// The request's head in HTTP/1.1. The client's address goes into `x-forwarded-for`, whence Envoy takes
/// it.
fn head(request: &Request) -> Result<Vec<u8>> {
    let pseudo = |name: &[u8]| request.headers.first(name).context("a request needs its pseudo-headers");
    let mut head = [pseudo(b":method")?, b" ", pseudo(b":path")?, b" HTTP/1.1\r\n"].concat();
    let mut line = |name: &[u8], value: &[u8]| head.extend([name, b": ", value, b"\r\n"].concat());
    line(b"host", pseudo(b":authority")?);
    line(b"connection", b"close");
    line(b"x-forwarded-for", request.client.as_bytes());
    if !request.body.is_empty() {
        line(b"transfer-encoding", b"chunked");
    }
    for (name, value) in request.headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        line(name, value);
    }
    head.extend(b"\r\n");
    Ok(head)
}

fn response(raw: &Raw) -> Response {
    let mut response = Response::new(raw.status);
    for (name, value) in &raw.headers {
        response.headers.append(name, value);
    }
    response.body = if raw.body.is_empty() { Vec::new() } else { vec![raw.body.clone()] };
    response.trailers = Headers::default();
    response
}
