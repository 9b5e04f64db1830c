//! What an Envoy shows at `/stats/prometheus`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proxy_filter_envoy::Envoy;
use proxy_filter_envoy::http::Request;

/// A series of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The metric's name.
    pub name: String,
    /// The labels and their values.
    pub labels: BTreeMap<String, String>,
}

impl Series {
    /// Returns the names of its labels, as the tables of READMEs have them.
    pub fn label_names(&self) -> Vec<String> {
        self.labels.keys().cloned().collect()
    }
}

/// Returns the series of filters. Those of Envoy's own begin with `envoy_`.
///
/// # Errors
/// Envoy does not answer, or with something else.
pub fn of_filters(envoy: &Envoy) -> Result<Vec<Series>> {
    let response = Request::get("/stats/prometheus").send(envoy.admin())?;
    let text = String::from_utf8(response.body)?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(['#']));
    lines.filter(|line| !line.starts_with("envoy_")).map(series).collect()
}

/// Parses a line such as `name{label="value"} 3`.
fn series(line: &str) -> Result<Series> {
    let parsed = || {
        let (name, rest) = line.split_once('{')?;
        let (labels, _) = rest.split_once("} ")?;
        let pairs = labels.split(',').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (label, value) = pair.split_once("=\"")?;
            Some((label.to_owned(), value.trim_end_matches('"').to_owned()))
        };
        Some(Series { name: name.to_owned(), labels: pairs.map(pair).collect::<Option<_>>()? })
    };
    parsed().with_context(|| format!("not a series: {line}"))
}
