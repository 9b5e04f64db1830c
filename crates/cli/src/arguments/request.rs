//! The arguments of `try`.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_proxy_filter::trial::{Connection, Exchange, Service, Trial};
use clap::Args;

pub(super) const USAGE: &str = "\
cargo proxy-filter try [OPTIONS] <CONFIGURATION> [METHOD] <PATH>
       cargo proxy-filter try [OPTIONS] <CONFIGURATION> --tcp <TEXT>";

pub(super) const EXAMPLES: &str = r#"Examples:
  cargo proxy-filter try '{"name": "x-greeting", "value": "hello"}' /
  cargo proxy-filter try edge.json POST /upload -H 'content-type: text/plain' --body @file --response 201
  cargo proxy-filter try -p my-tcp-filter '{"longest": 4}' --tcp 'HELLO\n'

Services that the filter calls respond as --service says; others are not there. Exits with 1 if the filter refuses the
configuration or panics."#;

/// What to send through the filter, and how the upstream and other services respond.
#[derive(Debug, Args)]
pub(crate) struct TryArguments {
    /// The filter, if the workspace has several
    #[arg(short, long, value_name = "NAME")]
    package: Option<String>,
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
    /// How many times to send the request; workers take turns
    #[arg(long, value_name = "TIMES", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Status of the upstream's response
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(100..1000))]
    response: u16,
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
    /// Body of a service's responses, as `cluster=text`
    #[arg(long, value_name = "CLUSTER=TEXT", value_parser = of_cluster)]
    service_body: Vec<(String, String)>,
    /// For a TCP filter: a chunk that the client sends, in which `\n`, `\r`, `\t`, `\\` and `\x00` are bytes; may be
    /// repeated
    #[arg(long, value_name = "TEXT", value_parser = chunk)]
    tcp: Vec<Chunk>,
    /// A chunk that the upstream sends when the client has sent all of its own; may be repeated
    #[arg(long, value_name = "TEXT", value_parser = chunk, requires = "tcp")]
    tcp_answer: Vec<Chunk>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The bytes of one read of a socket.
type Chunk = Box<[u8]>;

impl TryArguments {
    /// Returns the name of the filter, if it is given.
    pub(crate) fn package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    /// Returns whether to print JSON.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Reads the files that the arguments name.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn trial(self) -> Result<Trial> {
        let configuration = configuration(self.configuration)?;
        if !self.tcp.is_empty() {
            let [sent, answer] =
                [self.tcp, self.tcp_answer].map(|chunks| chunks.into_iter().map(Vec::from).collect());
            return Ok(Trial::Tcp { configuration, connection: Connection { sent, answer } });
        }
        let body = content(self.body)?;
        let (method, path) = match <[String; 2]>::try_from(self.request) {
            Ok([method, path]) => (method, path),
            Err(path) => (if body.is_some() { "POST" } else { "GET" }.to_owned(), path.concat()),
        };
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
            status: self.response,
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

/// Reads a configuration: that of a file, if there is one with this name.
fn configuration(text: String) -> Result<String> {
    let path = Path::new(&text);
    let is_name = path.extension().is_some_and(|extension| extension == "json") && !text.contains('{');
    match path.is_file() || is_name {
        true => std::fs::read_to_string(path).with_context(|| format!("cannot read {text}")),
        false => Ok(text),
    }
}

/// Reads a body, which may be a file's.
fn content(text: Option<String>) -> Result<Option<String>> {
    let read = |text: String| match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {file}")),
        None => Ok(text),
    };
    text.map(read).transpose()
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .strip_prefix(':')
        .map_or(text.split_once(':'), |pseudo| pseudo.split_once(':'))
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or("write `name: value`")?;
    let colon = if text.starts_with(':') { ":" } else { "" };
    Ok((format!("{colon}{}", name.trim().to_ascii_lowercase()), value.trim().to_owned()))
}

fn of_cluster(text: &str) -> Result<(String, String), String> {
    let (cluster, value) = text.split_once('=').ok_or("write the cluster and `=` before it")?;
    Ok((cluster.to_owned(), value.to_owned()))
}

fn service(text: &str) -> Result<(String, u16), String> {
    let (cluster, status) = of_cluster(text)?;
    let is_status = |status: &u16| (100..1000).contains(status);
    let status = status.parse().ok().filter(is_status).ok_or(format!("`{status}` is not a status"))?;
    Ok((cluster, status))
}

fn service_header(text: &str) -> Result<(String, (String, String)), String> {
    let (cluster, text) = of_cluster(text)?;
    Ok((cluster, header(&text)?))
}

/// Parses a text with escaped bytes.
fn chunk(text: &str) -> Result<Chunk, String> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.as_bytes());
        let escape = after.chars().next().ok_or("a single `\\` at the end: write `\\\\`")?;
        let (byte, length) = match escape {
            'n' => (b'\n', 1),
            'r' => (b'\r', 1),
            't' => (b'\t', 1),
            '\\' => (b'\\', 1),
            'x' => {
                let digits = after.get(1..3).ok_or("write two digits after `\\x`")?;
                (u8::from_str_radix(digits, 16).map_err(|_| format!("`\\x{digits}` is not a byte"))?, 3)
            }
            other => return Err(format!("`\\{other}` is not an escape: write \\n, \\r, \\t, \\\\ or \\x00")),
        };
        bytes.push(byte);
        rest = after.get(length..).unwrap_or_default();
    }
    bytes.extend(rest.as_bytes());
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let pair = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(header("X-A: b: c"), pair("x-a", "b: c"));
        assert_eq!(header(":authority: b.example:80"), pair(":authority", "b.example:80"));
        assert_eq!(header("x-a:"), pair("x-a", ""));
        assert!(header("x-a").is_err() && header(": b").is_err() && header("").is_err());
    }

    #[test]
    fn chunks() {
        assert_eq!(chunk(r"a\n\x00\\n\xff").unwrap().as_ref(), b"a\n\0\\n\xff");
        for wrong in [r"\", r"\q", r"\x0", r"\xzz", r"\é"] {
            assert!(chunk(wrong).is_err(), "{wrong}");
        }
    }
}
