//! The listener of a job: the text that the cookbook shows, with the entry put where it says.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use book::cookbook::{ENVOY, Job, indented};
use harness::parts;

/// A response header that names the cluster of the request.
pub(crate) const CLUSTER: &str = "x-tested-cluster";

/// What marks the place of an entry.
const PLACE: &str = "# The job's entry.";

/// Takes the client's address from the PROXY protocol, so that a test has clients with any address.
const PROXIED: &str = "- name: envoy.filters.listener.proxy_protocol
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol
";

/// What runs a job, as YAML.
pub(crate) struct Chain {
    /// The entries of the filter chain, before the router or the TCP proxy.
    pub(crate) entries: String,
    /// The routes, if they are not those of the job.
    pub(crate) routes: Option<String>,
}

/// Returns a listener that does a job, as YAML, and the names of the clusters to which it routes.
pub(crate) fn listener(job: &Job, name: &str, chain: &Chain) -> Result<(String, BTreeSet<String>)> {
    let (_, listeners) = ENVOY.split_once("  listeners:\n").context("no listeners")?;
    let (http, rest) = listeners.split_once("    - name: tcp\n").context("no listener for TCP")?;
    let (tcp, _) = rest.split_once("  clusters:\n").context("no clusters")?;
    let shown = if job.is_tcp() { tcp } else { http };
    let routes = chain.routes.clone().unwrap_or_else(|| job.text_of("routes"));
    let mut text = format!("    - name: {name:?}\n      stat_prefix: {name:?}\n");
    let filters = if job.is_tcp() { "" } else { PROXIED }.to_owned() + &job.text_of("listener_filters");
    if !filters.is_empty() {
        text += &format!("      listener_filters:\n{}", indented(&filters, 8));
    }
    for line in shown.lines() {
        let here = line.len().saturating_sub(line.trim_start().len());
        match line.trim_start() {
            "- name: http" => {}
            address if address.starts_with("address: ") => {
                text += "      address: {socket_address: {address: 127.0.0.1, port_value: 0}}\n";
            }
            PLACE => text += &indented(&chain.entries, here),
            "http_filters:" => {
                text += &indented(&job.text_of("connection_manager"), here);
                text += &format!("{line}\n");
            }
            default if default.starts_with("routes: ") => {
                let added = format!("{{header: {{key: {CLUSTER}, value: \"%UPSTREAM_CLUSTER%\"}}}}");
                text += &indented(&format!("response_headers_to_add: [{added}]\n"), here);
                match routes.as_str() {
                    "" => text += &format!("{line}\n"),
                    routes => text += &indented(&format!("routes:\n{}", indented(routes, 2)), here),
                }
            }
            _ => text += &format!("{line}\n"),
        }
    }
    let text = text.replace("/etc/envoy/filters/", &format!("{}/", parts::filters().display()));
    Ok(with_own_clusters(&text, name))
}

/// Makes the names of clusters the listener's own, and collects them.
fn with_own_clusters(text: &str, listener: &str) -> (String, BTreeSet<String>) {
    const FIELD: &str = "cluster: ";
    let mut clusters = BTreeSet::new();
    let mut parts = text.split(FIELD);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['}', ',', '\n']).unwrap_or(part.len());
        let (cluster, rest) = part.split_at(end);
        let cluster = format!("{listener}/{cluster}");
        out += &format!("{FIELD}{cluster:?}{rest}");
        clusters.insert(cluster);
    }
    (out, clusters)
}
