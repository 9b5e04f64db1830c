//! A row of the tables: one job, done in one way.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use harness::bootstrap::{Bootstrap, Filter};
use serde_json::{Value, json};

use crate::job::{Form, Job};

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

    /// Returns the file of the row's module, if it has one.
    pub(crate) fn module(&self) -> Option<&Path> {
        self.filters.iter().find_map(|filter| match filter {
            Filter::Wasm { file, .. } => Some(file.as_path()),
            Filter::Native(_) => None,
        })
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
    /// Of the modules that are made for a row's configuration. `None` leaves these rows out.
    pub(crate) specialized: Option<PathBuf>,
}
