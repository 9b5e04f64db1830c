//! A row of the tables: one job, done in one way.

use std::path::PathBuf;

use harness::bootstrap::{Bootstrap, Filter};
use serde_json::{Value, json};

/// What a filter does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            Self::Ours => "this repository",
        }
    }
}

/// Where requests of a listener go.
#[derive(Clone, Debug)]
pub(crate) enum Destination {
    /// Envoy replies by itself. The options are added to the route.
    DirectResponse(Value),
    /// To an upstream, because Envoy's rewrites run only there. The options are added to the route's action.
    Upstream(Value),
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
    pub(crate) filters: Vec<Filter>,
    pub(crate) destination: Destination,
}

/// The cluster of the upstream.
pub(crate) const CLUSTER: &str = "upstream";

impl Row {
    /// A row with filters in front of a direct response.
    pub(crate) fn filtered(
        id: &'static str,
        job: Job,
        form: Form,
        detail: &'static str,
        filter: Filter,
    ) -> Self {
        let destination = Destination::DirectResponse(json!({}));
        Self { id, job, form, detail, filters: vec![filter], destination }
    }

    /// A row without filters.
    pub(crate) fn routed(
        id: &'static str,
        job: Job,
        form: Form,
        detail: &'static str,
        to: Destination,
    ) -> Self {
        Self { id, job, form, detail, filters: Vec::new(), destination: to }
    }

    /// Returns the id of the row whose cost is subtracted: Envoy without a filter, on the same kind of route.
    pub(crate) fn baseline(&self) -> &'static str {
        match self.destination {
            Destination::DirectResponse(_) => NO_FILTER,
            Destination::Upstream(_) => NO_FILTER_UPSTREAM,
        }
    }

    /// Adds the row's listener.
    pub(crate) fn listen(&self, bootstrap: Bootstrap) -> Bootstrap {
        let mut route = json!({"match": {"prefix": "/"}});
        match &self.destination {
            Destination::DirectResponse(options) => {
                route["direct_response"] = json!({"status": 200});
                merge(&mut route, options);
            }
            Destination::Upstream(options) => {
                route["route"] = json!({"cluster": CLUSTER});
                merge(&mut route["route"], options);
            }
        }
        bootstrap.routed(self.id, &self.filters, &[route])
    }
}

/// The row without a filter.
pub(crate) const NO_FILTER: &str = "none";

/// The row without a filter, in front of an upstream.
pub(crate) const NO_FILTER_UPSTREAM: &str = "none-upstream";

fn merge(into: &mut Value, options: &Value) {
    for (name, value) in options.as_object().into_iter().flatten() {
        into[name] = value.clone();
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
