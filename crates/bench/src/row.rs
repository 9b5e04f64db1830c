//! A row of the tables: one job, done in one way.

use std::net::SocketAddr;
use std::path::PathBuf;

use harness::bootstrap::{Bootstrap, Filter};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a filter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Job {
    /// Nothing: Envoy alone.
    Nothing,
    /// Adds one response header.
    Header,
    /// Adds five response headers.
    FiveHeaders,
    /// Rewrites the path by a regex that matches.
    Regex,
    /// Rewrites a prefix of the path.
    Prefix,
    /// Limits all requests together.
    Bucket,
    /// Limits the requests of each client address.
    Address,
}

/// Jobs whose rows share an Envoy. Valgrind gives a process 128 GiB of addresses, and V8 reserves about 10 GiB for each VM,
/// of which a module has three (the module's own, the main thread's and the worker's). So not all modules fit in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Headers,
    Paths,
    Limits,
}

impl Topic {
    /// All topics.
    pub(crate) const ALL: [Self; 3] = [Self::Headers, Self::Paths, Self::Limits];
}

impl Job {
    /// All jobs but doing nothing, in the order of the tables.
    pub(crate) const ALL: [Self; 6] =
        [Self::Header, Self::FiveHeaders, Self::Regex, Self::Prefix, Self::Bucket, Self::Address];

    /// Returns the name that tables show.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Header => "one response header",
            Self::FiveHeaders => "five response headers",
            Self::Regex => "rewrite by regex",
            Self::Prefix => "rewrite by prefix",
            Self::Bucket => "limit, one bucket",
            Self::Address => "limit per client address",
        }
    }

    /// Returns the job's topic. Rows without a job belong to all.
    pub(crate) fn topic(self) -> Option<Topic> {
        match self {
            Self::Nothing => None,
            Self::Header | Self::FiveHeaders => Some(Topic::Headers),
            Self::Regex | Self::Prefix => Some(Topic::Paths),
            Self::Bucket | Self::Address => Some(Topic::Limits),
        }
    }
}

/// What does the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// Envoy without any filter.
    NoFilter,
    /// Envoy's own filter or route option.
    Native,
    /// A script in Envoy's Lua filter.
    Lua,
    /// A filter written with nothing but the proxy-wasm SDK.
    Plain,
    /// A filter of this repository.
    Ours,
}

impl Form {
    /// Returns the name that tables show.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::NoFilter => "no filter",
            Self::Native => "native",
            Self::Lua => "Lua",
            Self::Plain => "plain SDK",
            Self::Ours => "these filters",
        }
    }
}

/// A row of the tables, which has a listener of its own.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// The name that arguments, budgets and listeners use.
    pub(crate) id: &'static str,
    pub(crate) job: Job,
    pub(crate) form: Form,
    /// What distinguishes rows of one job and form, such as the name of Envoy's filter.
    pub(crate) detail: &'static str,
    filters: Vec<Filter>,
    /// Added to the listener's route.
    route: Value,
    /// Added to the route's action if requests go to an upstream. Otherwise Envoy replies by itself.
    action: Option<Value>,
}

/// The cluster of the upstream.
pub(crate) const CLUSTER: &str = "upstream";

impl Row {
    /// Envoy alone, which replies by itself.
    pub(crate) fn new(id: &'static str, job: Job, form: Form, detail: &'static str) -> Self {
        Self { id, job, form, detail, filters: Vec::new(), route: json!({}), action: None }
    }

    /// Adds a filter.
    pub(crate) fn filter(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// Adds options to the route.
    pub(crate) fn route(mut self, options: Value) -> Self {
        self.route = options;
        self
    }

    /// Sends requests to an upstream, with options of the route's action.
    pub(crate) fn upstream(mut self, options: Value) -> Self {
        self.action = Some(options);
        self
    }

    /// The same row in front of an upstream.
    pub(crate) fn in_front_of_upstream(&self) -> Self {
        Self { action: Some(self.action.clone().unwrap_or_else(|| json!({}))), ..self.clone() }
    }

    /// Returns the id of the row whose cost is subtracted: Envoy without a filter, on the same kind of route.
    pub(crate) fn baseline(&self) -> &'static str {
        if self.action.is_some() { NO_FILTER_UPSTREAM } else { NO_FILTER }
    }

    /// Adds the row's listener.
    pub(crate) fn listen(&self, bootstrap: Bootstrap) -> Bootstrap {
        let destination = match &self.action {
            None => json!({"direct_response": {"status": 200}}),
            Some(options) => {
                let mut action = json!({"cluster": CLUSTER});
                merge(&mut action, options);
                json!({"route": action})
            }
        };
        let mut route = json!({"match": {"prefix": "/"}});
        merge(&mut route, &self.route);
        merge(&mut route, &destination);
        bootstrap.routed(self.id, &self.filters, &[route])
    }
}

/// Builds the configuration of an Envoy with one worker that serves rows.
pub(crate) fn bootstrap<'a>(rows: impl IntoIterator<Item = &'a Row>, upstream: SocketAddr) -> Bootstrap {
    let bootstrap = Bootstrap::default().workers(1).cluster(CLUSTER, upstream);
    rows.into_iter().fold(bootstrap, |bootstrap, row| row.listen(bootstrap))
}

/// The row without a filter.
pub(crate) const NO_FILTER: &str = "none";

/// The row without a filter, in front of an upstream.
pub(crate) const NO_FILTER_UPSTREAM: &str = "none-upstream";

/// Copies the fields of a JSON object into another.
pub(crate) fn merge(into: &mut Value, options: &Value) {
    if let (Some(into), Some(options)) = (into.as_object_mut(), options.as_object()) {
        into.extend(options.clone());
    }
}

/// The folders of the modules.
#[derive(Clone, Debug)]
pub(crate) struct Modules {
    /// Of this repository's filters.
    pub(crate) ours: PathBuf,
    /// Of the filters written with nothing but the SDK.
    pub(crate) plain: PathBuf,
}
