//! The arguments of `try`.

use anyhow::{Result, ensure};
use cargo_proxy_filter::trial::{Connection, Exchange, Service, Trial};
use clap::Args;

use super::Package;
use super::values::{Chunk, chunk, configuration, content, header, of_cluster, service, service_header};

pub(super) const USAGE: &str = "\
cargo proxy-filter try [OPTIONS] <CONFIGURATION> [METHOD] <PATH>
       cargo proxy-filter try [OPTIONS] <CONFIGURATION> --tcp <TEXT>";

pub(super) const EXAMPLES: &str = r#"Examples:
  cargo proxy-filter try '{"name": "x-greeting", "value": "hello"}' /
  cargo proxy-filter try edge.json POST /upload -H 'content-type: text/plain' --body @file --response-status 201
  cargo proxy-filter try -p my-tcp-filter '{"longest": 4}' --tcp 'HELLO\n'

Services that the filter calls respond as --service says; others are not there. Exits with 1 if the filter refuses the
configuration or panics."#;

/// What to send through the filter, and how the upstream and other services respond.
#[derive(Debug, Args)]
pub(crate) struct TryArguments {
    #[command(flatten)]
    package: Package,
    /// File with the configuration, or the configuration itself
    #[arg(value_name = "CONFIGURATION")]
    configuration: String,
    /// Method, GET by default or POST if there is a body, and path of the request
    #[arg(value_name = "[METHOD] PATH", num_args = 0..=2, required_unless_present = "tcp", conflicts_with = "tcp")]
    request: Vec<String>,
    /// Header of the request, as `name: value`; may be repeated
    #[arg(short = 'H', long, value_name = "HEADER", value_parser = header)]
    header: Vec<(String, String)>,
    /// Body of the request, or `@` and the name of a file
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    /// Address of the client, without a port
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// How many times to send the request, at most 10,000; workers take turns
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    repeat: u32,
    /// Status of the upstream's response
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..600))]
    response_status: u16,
    /// Header of the upstream's response, as `name: value`; may be repeated
    #[arg(long, value_name = "HEADER", value_parser = header)]
    response_header: Vec<(String, String)>,
    /// Body of the upstream's response, or `@` and the name of a file
    #[arg(long, value_name = "TEXT|@FILE")]
    response_body: Option<String>,
    /// A service that the filter calls, and the status of its responses, as `cluster=200`; may be repeated
    #[arg(long, value_name = "CLUSTER=STATUS", value_parser = service)]
    service: Vec<(String, u16)>,
    /// Header of a service's responses, as `cluster=name: value`; may be repeated
    #[arg(long, value_name = "CLUSTER=HEADER", value_parser = service_header)]
    service_header: Vec<(String, (String, String))>,
    /// Body of a service's responses, as `cluster=text`; may be repeated
    #[arg(long, value_name = "CLUSTER=TEXT", value_parser = of_cluster)]
    service_body: Vec<(String, String)>,
    /// For a TCP filter: a chunk that the client sends, in which `\n`, `\r`, `\t`, `\\` and `\x00` are bytes; may be
    /// repeated
    #[arg(long, value_name = "TEXT", value_parser = chunk)]
    tcp: Vec<Chunk>,
    /// A chunk that the upstream sends when the client has sent all of its own; may be repeated
    #[arg(long, value_name = "TEXT", value_parser = chunk, requires = "tcp")]
    tcp_response: Vec<Chunk>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl TryArguments {
    /// Returns the name of the filter, if it is given.
    pub(crate) fn package(&self) -> Option<&str> {
        self.package.name.as_deref()
    }

    /// Returns whether to print JSON.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Reads the files that the arguments name.
    ///
    /// # Errors
    /// A file cannot be read, the path is wrong, or a service's header or body belongs to no service.
    pub(crate) fn trial(self) -> Result<Trial> {
        let configuration = configuration(self.configuration)?;
        if !self.tcp.is_empty() {
            let [sent, response] =
                [self.tcp, self.tcp_response].map(|chunks| chunks.into_iter().map(Vec::from).collect());
            return Ok(Trial::Tcp { configuration, connection: Connection { sent, response } });
        }
        let body = content(self.body)?;
        let (method, path) = match <[String; 2]>::try_from(self.request) {
            Ok([method, path]) => (method, path),
            Err(path) => (if body.is_some() { "POST" } else { "GET" }.to_owned(), path.concat()),
        };
        ensure!(path.starts_with('/') || path == "*", "`{path}` is not a path: it must begin with `/`");
        let headers_of = self.service_header.iter().map(|(cluster, _)| cluster);
        for cluster in headers_of.chain(self.service_body.iter().map(|(cluster, _)| cluster)) {
            let is_known = self.service.iter().any(|(known, _)| known == cluster);
            ensure!(is_known, "no service `{cluster}`: add `--service {cluster}=200`");
        }
        let services = self.service.into_iter().map(|(cluster, status)| Service {
            headers: of(&cluster, &self.service_header),
            body: of(&cluster, &self.service_body).concat(),
            cluster,
            status,
        });
        let exchange = Exchange {
            method,
            path,
            headers: self.header,
            body: body.unwrap_or_default(),
            from: self.from,
            repeat: self.repeat,
            status: self.response_status,
            response_headers: self.response_header,
            response_body: content(self.response_body)?.unwrap_or_default(),
            services: services.collect(),
        };
        Ok(Trial::Http { configuration, exchange })
    }
}

/// Returns the values that belong to a cluster.
fn of<T: Clone>(cluster: &str, values: &[(String, T)]) -> Vec<T> {
    values.iter().filter(|(of, _)| of == cluster).map(|(_, value)| value.clone()).collect()
}
