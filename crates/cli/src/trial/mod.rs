//! `cargo proxy-filter try`: runs a filter's module in wasmtime, with the model of a proxy around it, and shows what it changes.

mod lines;
mod outcome;
mod unfiltered;

use std::path::Path;

use anyhow::{Result, ensure};
use proxy_filter_test::{Headers, Plugin, Proxy, Request, Response};

use crate::filter::is_http;
pub use outcome::Outcome;
use outcome::{Messages, Run};

/// What to send through a filter.
#[derive(Debug)]
pub enum Trial {
    /// An HTTP request.
    Http {
        /// The filter's configuration.
        configuration: String,
        /// The request and the response.
        exchange: Exchange,
    },
    /// A TCP connection.
    Tcp {
        /// The filter's configuration.
        configuration: String,
        /// The bytes of both sides.
        connection: Connection,
    },
}

/// A request, and the responses of the upstream and of services. Headers are names and values.
#[derive(Debug)]
pub struct Exchange {
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// The request's headers. `host` is its authority.
    pub headers: Vec<(String, String)>,
    /// The request's body. May be empty.
    pub body: String,
    /// The client's address.
    pub from: Option<String>,
    /// How many times to send the request.
    pub repeat: u32,
    /// The status of the upstream's response.
    pub status: u16,
    /// The headers of the upstream's response.
    pub response_headers: Vec<(String, String)>,
    /// The body of the upstream's response. May be empty.
    pub response_body: String,
    /// The services that the filter can call.
    pub services: Vec<Service>,
}

/// How an HTTP service responds to all calls.
#[derive(Debug)]
pub struct Service {
    /// The name of its cluster.
    pub cluster: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body. May be empty.
    pub body: String,
}

/// What both sides of a connection send, in chunks.
#[derive(Debug)]
pub struct Connection {
    /// The client's chunks.
    pub sent: Vec<Vec<u8>>,
    /// The upstream's chunks, which follow.
    pub response: Vec<Vec<u8>>,
}

/// Runs a module's file. A filter that refuses the configuration or panics is not an error: the outcome tells.
///
/// # Errors
/// The file is not a module that runs, or its filter is of the other kind.
pub fn run(module: &Path, trial: &Trial) -> Result<Outcome> {
    let is_http = is_http(&std::fs::read(module)?);
    let (configuration, is_right) = match trial {
        Trial::Http { configuration, .. } => (configuration, is_http),
        Trial::Tcp { configuration, .. } => (configuration, !is_http),
    };
    ensure!(
        is_right,
        match is_http {
            true => "this is an HTTP filter: name a path in place of `--tcp`",
            false => "this is a TCP filter: use `--tcp TEXT` in place of a path",
        }
    );
    let proxy = Proxy::wasm_file(module)?;
    let run = match proxy.try_load(configuration) {
        Err(error) => Run::Refused(error.to_string()),
        Ok(plugin) => match trial {
            Trial::Http { exchange, .. } => Run::Http(exchange.send(&proxy, plugin)?),
            Trial::Tcp { connection, .. } => {
                let response: Vec<_> = connection.response.iter().map(Vec::as_slice).collect();
                let sent: Vec<_> = connection.sent.iter().map(Vec::as_slice).collect();
                let received = plugin.upstream_sends(&response).send_tcp(&sent);
                Run::Tcp { sent: sent.concat(), response: response.concat(), received }
            }
        },
    };
    Ok(Outcome { run, cost: proxy.cost(), counters: proxy.metrics()?, log: proxy.logs() })
}

impl Exchange {
    fn send(&self, proxy: &Proxy, plugin: Plugin<'_>) -> Result<Vec<Messages>> {
        for service in &self.services {
            let response = response(service.status, &service.headers, &service.body);
            proxy.service(&service.cluster, proxy_filter_test::Service::Http(response));
        }
        let upstream = response(self.status, &self.response_headers, &self.response_body);
        let request = self.request();
        let before = unfiltered::exchange(&request, upstream.clone())?;
        let plugin = plugin.upstream(upstream);
        let send =
            |_| Ok(Messages { before: before.clone(), after: plugin.try_send(&request)?.messages().clone() });
        (0..self.repeat).map(send).collect()
    }

    fn request(&self) -> Request {
        let mut request = Request::post("", &[&self.body]);
        request.headers =
            Headers::from_iter([(":method", self.method.as_str()), (":authority", "a.example")]);
        request.headers.append(":path", &self.path);
        for (name, value) in &self.headers {
            match name.as_str() {
                "host" => request.headers.replace(b":authority", value.as_bytes()),
                name if name.starts_with(':') => request.headers.replace(name.as_bytes(), value.as_bytes()),
                name => request.headers.append(name, value),
            }
        }
        match &self.from {
            Some(address) => request.from(address),
            None => request,
        }
    }
}

fn response(status: u16, headers: &[(String, String)], body: &str) -> Response {
    let response = Response::new(status).body(&[body]);
    headers.iter().fold(response, |response, (name, value)| response.header(name, value))
}
