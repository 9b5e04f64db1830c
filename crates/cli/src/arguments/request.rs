//! The arguments of `try`.

use std::fmt::Display;
use std::net::IpAddr;

use anyhow::{Error, Result, bail, ensure};
use cargo_proxy_filter::project::Project;
use cargo_proxy_filter::terminal::Color;
use cargo_proxy_filter::trial::{Format, Runner, TryCommand};
use clap::Args;
use clap::error::ErrorKind;
use proxy_filter_trial::{Bytes, Chunks, Repeat, Request, Service, Span, Traffic, Trial, UpstreamResponse};

use super::Package;
use super::texts::{NO_PATH, USAGE};
use super::values::{chunk, content, header, of_cluster, service, service_header};

/// What to send through the filter, and how the upstream and other services respond.
#[derive(Debug, Args)]
pub(crate) struct TryArguments {
    #[command(flatten)]
    package: Package,
    /// Filter, configuration, method (GET by default, or POST if there is a body) and path or URL of the request
    #[arg(value_name = "[FILTER] CONFIG [METHOD] PATH", num_args = 1.., required = true)]
    positional: Vec<String>,
    /// The plugin's name or its place, if the file has several of the filter
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Header of the request, as `name: value`; may be repeated. `host` is its authority, and `x-forwarded-proto` its scheme
    #[arg(short = 'H', long, value_name = "HEADER", value_parser = header)]
    header: Vec<(String, Bytes)>,
    /// Body of the request, or `@` and the name of a file
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    /// Address of the client, without a port
    #[arg(long, value_name = "ADDRESS", conflicts_with = "tcp")]
    from: Option<IpAddr>,
    /// How many times to send the request, at most 10,000; workers take turns
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(Repeat::MAX_TIMES)))]
    repeat: u32,
    /// How much time passes before each repetition, such as `10s` or `500ms`; without it the clock stands still
    #[arg(long, value_name = "TIME")]
    advance: Option<Span>,
    /// Status of the upstream's response
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..600))]
    response_status: u16,
    /// Header of the upstream's response, as `name: value`; may be repeated
    #[arg(long, value_name = "HEADER", value_parser = header)]
    response_header: Vec<(String, Bytes)>,
    /// Body of the upstream's response, or `@` and the name of a file
    #[arg(long, value_name = "TEXT|@FILE")]
    response_body: Option<String>,
    /// A service that the filter calls, and the status of its responses, as `cluster=200`; may be repeated
    #[arg(long, value_name = "CLUSTER=STATUS", value_parser = service)]
    service: Vec<(String, u16)>,
    /// Header of a service's responses, as `cluster=name: value`; may be repeated
    #[arg(long, value_name = "CLUSTER=HEADER", value_parser = service_header)]
    service_header: Vec<(String, (String, Bytes))>,
    /// Body of a service's responses, as `cluster=text`; may be repeated
    #[arg(long, value_name = "CLUSTER=TEXT", value_parser = of_cluster)]
    service_body: Vec<(String, Bytes)>,
    /// For a TCP filter: a chunk that the client sends, in which `\n`, `\r`, `\t`, `\\` and `\x00` are bytes; may be
    /// repeated
    #[arg(long, value_name = "TEXT", value_parser = chunk)]
    tcp: Vec<Bytes>,
    /// A chunk that the upstream sends when the client has sent all of its own; may be repeated
    #[arg(long, value_name = "TEXT", value_parser = chunk, requires = "tcp")]
    tcp_response: Vec<Bytes>,
    /// Run again whenever the configuration's file changes, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Run the filter in a real Envoy, which is fetched if it is missing
    #[arg(long)]
    envoy: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl TryArguments {
    /// Returns whether to run again when the configuration's file changes.
    pub(crate) fn watch(&self) -> bool {
        self.watch
    }

    /// Reads the files of bodies, and finds out what each argument is.
    ///
    /// # Errors
    /// There is no such filter, an argument is missing or too many, a file cannot be read, no client can send the request, or
    /// a service's header or body belongs to no service.
    pub(crate) fn command(self, project: &Project, color: Color) -> Result<TryCommand> {
        let (filter, rest) = self.filter(project)?;
        let (filter, module) = (filter.to_owned(), project.module(filter));
        let Some((configuration, request)) = rest.split_first() else {
            return Err(usage(ErrorKind::MissingRequiredArgument, "no configuration: it follows the filter"));
        };
        let (configuration, request) = (configuration.clone(), request.to_vec());
        let runner = if self.envoy { Runner::Envoy } else { Runner::Model };
        let format = if self.json { Format::Json } else { Format::Text };
        let plugin = self.plugin.clone();
        let repeat = Repeat { times: self.repeat, pauses: self.advance.into_iter().collect() };
        let (traffic, services) = self.traffic(request)?;
        let filters = project.filter_names().map(str::to_owned).collect();
        Ok(TryCommand {
            filter,
            filters,
            module,
            configuration,
            plugin,
            traffic,
            services,
            repeat,
            runner,
            format,
            color,
        })
    }

    /// Returns the filter, and the arguments after it. The first argument is the filter's name if there are several filters,
    /// or if it is the only one's name and a configuration follows.
    fn filter<'a>(&'a self, project: &'a Project) -> Result<(&'a str, &'a [String])> {
        if self.package.name.is_some() || project.filter_names().len() == 0 {
            let filter = project.only(self.package.name.as_deref())?;
            return Ok((&filter.name, &self.positional));
        }
        let after = usize::from(self.tcp.is_empty());
        match (self.positional.split_first(), project.filters()) {
            (Some((first, rest)), [only]) if *first == only.name && rest.len() > after => {
                Ok((&only.name, rest))
            }
            (_, [only]) => Ok((&only.name, &self.positional)),
            (Some((first, rest)), _) => match project.filter(first) {
                Ok(filter) => Ok((&filter.name, rest)),
                Err(_) if first.contains(['{', ' ', '.', '/', ':']) => {
                    let known = project.filter_names().collect::<Vec<_>>().join(", ");
                    bail!("name the filter before the configuration: {known}")
                }
                Err(error) => Err(error),
            },
            (None, _) => Err(usage(ErrorKind::MissingRequiredArgument, "no filter")),
        }
    }

    fn traffic(self, request: Vec<String>) -> Result<(Traffic, Vec<Service>)> {
        if !self.tcp.is_empty() {
            ensure!(
                request.is_empty(),
                "unexpected `{}`: with `--tcp` there is no request",
                request.join(" ")
            );
            let chunks = Chunks { client: self.tcp, upstream: self.tcp_response };
            return Ok((Traffic::Tcp(chunks), Vec::new()));
        }
        let body = content(self.body)?;
        let default = if body.is_some() { "POST" } else { "GET" };
        let (method, path) = match request.as_slice() {
            [path] => (default, path),
            [method, path] => (method.as_str(), path),
            [] => return Err(usage(ErrorKind::MissingRequiredArgument, NO_PATH)),
            _ => {
                return Err(usage(
                    ErrorKind::TooManyValues,
                    format!("too many arguments after the configuration: {}", request.join(" ")),
                ));
            }
        };
        let headers_of = self.service_header.iter().map(|(cluster, _)| cluster);
        for cluster in headers_of.chain(self.service_body.iter().map(|(cluster, _)| cluster)) {
            let is_known = self.service.iter().any(|(known, _)| known == cluster);
            ensure!(is_known, "no service `{cluster}`: add `--service {cluster}=200`");
        }
        let services = self.service.into_iter().map(|(cluster, status)| Service {
            headers: values_of(&cluster, &self.service_header),
            body: values_of(&cluster, &self.service_body).pop().unwrap_or_default(),
            cluster,
            status,
        });
        let services = services.collect();
        let request = Request {
            method: method.to_owned(),
            path: path.clone(),
            headers: self.header,
            body: body.unwrap_or_default(),
            from: self.from,
            ..Request::default()
        };
        let upstream = UpstreamResponse {
            status: self.response_status,
            headers: self.response_header,
            body: content(self.response_body)?.unwrap_or_default(),
            ..UpstreamResponse::default()
        };
        let checked = Trial { traffic: Traffic::Http(request, upstream), services, ..Trial::default() };
        checked.check().map_err(Error::msg)?;
        Ok((checked.traffic, checked.services))
    }
}

/// Returns the values that belong to a cluster.
fn values_of<T: Clone>(cluster: &str, values: &[(String, T)]) -> Vec<T> {
    values.iter().filter(|(of, _)| of == cluster).map(|(_, value)| value.clone()).collect()
}

/// Returns the error of a wrong command line.
fn usage(kind: ErrorKind, message: impl Display) -> anyhow::Error {
    clap::Error::raw(kind, format!("{message}\n\nUsage: {USAGE}\n\nFor more information, try '--help'.\n"))
        .into()
}
