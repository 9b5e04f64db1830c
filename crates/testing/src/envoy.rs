//! The built module in a real Envoy.

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use harness::bootstrap::{Bootstrap, Filter};
use harness::envoy::Envoy;
use harness::http::{Response as Raw, receive};
use harness::recorder::Recorder;
use proxy_model::{Exchange, Request, Response, Service, VM_ID};

use crate::exchange::TcpExchange;
use crate::proxy::PLUGIN_NAME;
use crate::run::Chain;
use crate::services::Services;
use crate::upstream::Upstream;
use crate::wire::{self, PAUSE};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What every configuration of a test is loaded into: an Envoy of its own, with the same services.
pub(crate) struct EnvoyProxy {
    module: String,
    chain: Chain,
    services: Services,
    loaded: Cell<bool>,
}

/// A configuration loaded into an Envoy of its own.
pub(crate) struct EnvoyPlugin {
    envoy: Envoy,
    upstream: Upstream,
    recorder: Recorder,
}

impl EnvoyProxy {
    pub(crate) fn new(module: &str, chain: Chain) -> Self {
        Self { module: module.into(), chain, services: Services::default(), loaded: Cell::new(false) }
    }

    pub(crate) fn service(&self, cluster: &str, service: Service) {
        let late = self.loaded.get() && !self.services.has(cluster);
        assert!(!late, "the service of {cluster} comes after the configuration: Envoy does not know it");
        self.services.put(cluster, service).unwrap_or_else(|error| panic!("{error:#}"));
    }

    pub(crate) fn asked(&self, cluster: &str) -> Vec<Request> {
        self.services.asked(cluster)
    }

    /// Starts an Envoy with the module, unless it refuses the configuration: then the line that it
    /// logged.
    pub(crate) fn load(&self, configuration: &str) -> Result<EnvoyPlugin, String> {
        self.loaded.set(true);
        self.start(configuration).unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn start(&self, configuration: &str) -> Result<Result<EnvoyPlugin, String>> {
        let (upstream, recorder) = (Upstream::start(Response::new(200))?, Recorder::start()?);
        let filters = [Filter::new(&self.module, configuration).named(PLUGIN_NAME, VM_ID)];
        let bootstrap = Bootstrap::default().debug_logs().trusted_hops(1);
        let bootstrap = self.services.clusters(bootstrap);
        let bootstrap = match self.chain {
            Chain::Http => {
                bootstrap.cluster("upstream", upstream.address()).http("listener", &filters, "upstream")
            }
            Chain::Tcp => {
                bootstrap.cluster("upstream", recorder.address()).tcp("listener", &filters, "upstream")
            }
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
}

impl EnvoyPlugin {
    pub(crate) fn set_upstream(&self, response: Response) {
        self.upstream.set(response);
    }

    pub(crate) fn send(&self, request: &Request) -> Result<Exchange> {
        let mut connection = self.connect()?;
        wire::send(&mut connection, head(request)?, &request.body, &request.trailers)?;
        let raw = receive(&mut connection)?;
        Ok(Exchange { upstream: self.upstream.requests().pop(), response: response(&raw) })
    }

    pub(crate) fn send_and_leave(&self, request: &Request) -> Result<()> {
        let mut connection = self.connect()?;
        wire::send(&mut connection, head(request)?, &request.body, &request.trailers)?;
        std::thread::sleep(PAUSE);
        Ok(())
    }

    /// A connection that the filter resets brings what had come until then.
    pub(crate) fn send_tcp(&self, chunks: &[&[u8]], answer: &[&[u8]]) -> Result<TcpExchange> {
        self.recorder.set_answer(answer, PAUSE);
        let mut connection = self.connect()?;
        connection.set_nodelay(true)?;
        for chunk in chunks {
            if connection.write_all(chunk).is_err() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        // Fails where the filter has closed the connection.
        _ = connection.shutdown(Shutdown::Write);
        let mut client = Vec::new();
        match connection.read_to_end(&mut client) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                Err(error).context("no end of the connection")
            }
            _ => Ok(TcpExchange { upstream: self.recorder.next()?, client }),
        }
    }

    /// The value of a counter or gauge, where there is one of this name.
    pub(crate) fn metric(&self, name: &str) -> Result<Option<u64>> {
        self.envoy.stat(&format!("wasmcustom.{name}"))
    }

    /// The lines that filters logged, in the model's form.
    pub(crate) fn logs(&self) -> Vec<String> {
        let log = self.envoy.log();
        log.lines().filter_map(filters_line).collect()
    }

    fn connect(&self) -> Result<TcpStream> {
        let connection = TcpStream::connect(self.envoy.address("listener")?)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        Ok(connection)
    }
}

/// `[time][thread][level][wasm] [file] wasm log plugin root vm: line`.
fn filters_line(line: &str) -> Option<String> {
    let (head, text) = line.split_once("] wasm log ")?;
    let (_, text) = text.split_once(": ")?;
    let level = match head.split(['[', ']']).nth(5)? {
        "trace" => "Trace",
        "debug" => "Debug",
        "info" => "Info",
        "warning" => "Warn",
        "error" => "Error",
        _ => "Critical",
    };
    Some(format!("{level}: {text}"))
}

/// The request's head in HTTP/1.1, but for the lines that frame its body and the one that ends it. The
/// client's address goes into `x-forwarded-for`, whence Envoy takes it.
fn head(request: &Request) -> Result<Vec<u8>> {
    let pseudo = |name: &[u8]| request.headers.first(name).context("a request needs its pseudo-headers");
    let mut head = [pseudo(b":method")?, b" ", pseudo(b":path")?, b" HTTP/1.1\r\n"].concat();
    let mut line = |name: &[u8], value: &[u8]| head.extend([name, b": ", value, b"\r\n"].concat());
    line(b"host", pseudo(b":authority")?);
    line(b"connection", b"close");
    line(b"x-forwarded-for", request.client.as_bytes());
    for (name, value) in request.headers.iter().filter(|(name, _)| !name.starts_with(b":")) {
        line(name, value);
    }
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
