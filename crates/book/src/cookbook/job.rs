//! A job of the cookbook.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use harness::parts;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::exchange::Exchange;
use super::source;
use super::topic::Topic;

/// A job: what people search for, and the configuration that does it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The name of its file, without the extension.
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    text: String,
    /// What people search for.
    pub title: String,
    /// What it does, and its pitfall, in Markdown.
    pub about: String,
    /// The page that shows it.
    pub topic: Topic,
    /// The filter.
    pub filter: String,
    /// The filter's configuration.
    pub configuration: Value,
    /// What the job needs of Envoy's connection manager, besides what all jobs need.
    #[serde(default)]
    pub connection_manager: Map<String, Value>,
    /// The routes that it needs, instead of one for everything.
    #[serde(default)]
    pub routes: Vec<Value>,
    /// The listener filters that it needs.
    #[serde(default)]
    pub listener_filters: Vec<Value>,
    /// What Istio needs besides the resource, in Markdown.
    pub istio: Option<String>,
    /// What Envoy Gateway needs besides the resource, or what to use instead, in Markdown.
    pub envoy_gateway: Option<String>,
    /// In jobs for TCP: what Envoy connects to.
    pub peer: Option<Peer>,
    /// What happens.
    pub exchanges: Vec<Exchange>,
}

/// What Envoy connects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Peer {
    /// HAProxy, which reads the PROXY protocol.
    Haproxy,
    /// nginx, which reads the PROXY protocol and terminates TLS.
    Nginx,
    /// A server that says `welcome` once the client is done.
    Server,
}

impl Job {
    fn read(path: PathBuf) -> Result<Self> {
        let text = fs::read_to_string(&path)?;
        let job: Self = serde_saphyr::from_str(&text)?;
        let name = path.file_stem().context("no name")?.to_string_lossy().into_owned();
        let shown = [
            ("configuration", true),
            ("connection_manager", !job.connection_manager.is_empty()),
            ("routes", !job.routes.is_empty()),
            ("listener_filters", !job.listener_filters.is_empty()),
        ];
        for (field, is_given) in shown {
            let is_block = source::field(&text, field).is_some();
            ensure!(
                is_given == is_block,
                "write `{field}` on lines of its own: the page shows them as they are"
            );
        }
        ensure!(!job.exchanges.is_empty(), "no `exchanges`: nothing shows that it works");
        ensure!(job.is_tcp() == job.peer.is_some(), "`peer` is for the topic `tcp`");
        Ok(Self { name, text, ..job })
    }

    /// Returns whether it is for TCP, where Envoy Gateway runs no filters.
    #[must_use]
    pub fn is_tcp(&self) -> bool {
        self.topic == Topic::Tcp
    }

    /// Returns whether the model of a proxy does the same as Envoy: what Envoy's own parts do, it does not.
    #[must_use]
    pub fn runs_in_model(&self) -> bool {
        !self.is_tcp() && self.routes.is_empty()
    }

    /// Returns whether it is for an Envoy behind a proxy, from which Envoy takes the client's address and scheme.
    #[must_use]
    pub fn trusts_a_proxy(&self) -> bool {
        self.connection_manager.contains_key("xff_num_trusted_hops")
    }

    /// Returns the text of a field of its file, without its indentation. Empty if there is none.
    #[must_use]
    pub fn text_of(&self, field: &str) -> String {
        source::field(&self.text, field).unwrap_or_default()
    }

    /// Returns the filter's configuration, as YAML.
    #[must_use]
    pub fn configuration_text(&self) -> String {
        self.text_of("configuration")
    }
}

/// Reads all jobs, sorted by title.
///
/// # Errors
/// A file cannot be read, or is not a job.
pub fn jobs() -> Result<Vec<Job>> {
    let directory = parts::root().join("crates/book/cookbook");
    let mut jobs = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        let shown = path.display().to_string();
        jobs.push(Job::read(path).context(shown)?);
    }
    jobs.sort_by_key(|job| job.title.to_lowercase());
    Ok(jobs)
}
