//! Metrics, which the proxy keeps and shows.
//!
//! Metrics are global to the proxy, so start each name with the filter's name. Defining a name again returns
//! the same metric, so reloading the configuration leaks nothing.
//!
//! ```
//! use proxy_filter::HostError;
//! use proxy_filter::metric::Counter;
//!
//! struct Limits {
//!     limited: Counter,
//! }
//!
//! impl Limits {
//!     /// Called when the filter is configured.
//!     fn new() -> Result<Self, HostError> {
//!         Ok(Self { limited: Counter::define("my_filter.limited")? })
//!     }
//!
//!     /// Called for a request.
//!     fn limited(&self) {
//!         self.limited.increment(1);
//!     }
//! }
//! ```
//!
//! # Labels
//!
//! Envoy has no labels at definition. It extracts them from names, with regular expressions in its bootstrap: the match of the
//! first group is removed from the name, and that of the second is the value. The names that
//! [`define_labeled`](Counter::define_labeled) makes are easy to match. For a counter that is defined as
//!
//! ```
//! # use proxy_filter::metric::Counter;
//! # fn define() -> Result<Counter, proxy_filter::HostError> {
//! Counter::define_labeled("record_streams.responses", &[("class", "2xx")])
//! # }
//! ```
//!
//! and is named `record_streams.responses.class.2xx`, the bootstrap
//!
//! ```yaml
#![doc = include_str!("metric/stats_tags.yaml")]
//! ```
//!
//! makes Envoy show `record_streams_responses{class="2xx"}` at `/stats/prometheus`.
//!
//! A value keeps letters, digits, `-` and `_`; other characters become `_`, and only the first 64 are kept. So several values
//! may share a metric.
//!
//! Hazard: a metric stays until the proxy ends. Define metrics for values that the configuration knows, never for values
//! that clients send. A VM has at most 1,000 metrics with labels for a name: later values share one metric, whose value is
//! `other`.

mod defined;
mod labels;

pub(crate) use defined::report;
use defined::{define, id, of_vm};
use labels::bounded;

use crate::sys::{self, HostError, MetricType};

/// A number that only grows.
///
/// To save a hostcall on each request, the VM counts, and reports to the host about once a second and when a plugin is
/// removed. A VM that traps loses the counts of its last second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter(usize);

/// A number that rises and falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge(u32);

/// The distribution of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram(u32);

impl Counter {
    /// Defines a counter, or returns the existing one with this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(MetricType::Counter, name).map(Self)
    }

    /// Like [`define`](Self::define), with [labels](self#labels) in the name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define_labeled(name: &str, labels: &[(&str, &str)]) -> Result<Self, HostError> {
        Self::define(&bounded(name, labels))
    }

    /// Adds to the counter.
    pub fn increment(self, count: u32) {
        _ = of_vm(self.0, |metric| {
            metric.unreported.set(metric.unreported.get().saturating_add(count.into()));
        });
    }

    /// Reads the value, including what this VM has not yet reported.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn get(self) -> Result<u64, HostError> {
        let (id, unreported) =
            of_vm(self.0, |metric| (metric.id, metric.unreported.get())).ok_or(HostError::NotFound)?;
        Ok(sys::get_metric(id)?.saturating_add(unreported))
    }
}

impl Gauge {
    /// Defines a gauge, or returns the existing one with this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        id(MetricType::Gauge, name).map(Self)
    }

    /// Like [`define`](Self::define), with [labels](self#labels) in the name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define_labeled(name: &str, labels: &[(&str, &str)]) -> Result<Self, HostError> {
        Self::define(&bounded(name, labels))
    }

    /// Sets the value.
    pub fn set(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }

    /// Adds to the value, or subtracts from it.
    pub fn add(self, offset: i64) {
        if offset != 0 {
            _ = sys::increment_metric(self.0, offset);
        }
    }

    /// Reads the value.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn get(self) -> Result<u64, HostError> {
        sys::get_metric(self.0)
    }
}

impl Histogram {
    /// Defines a histogram, or returns the existing one with this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        id(MetricType::Histogram, name).map(Self)
    }

    /// Like [`define`](Self::define), with [labels](self#labels) in the name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define_labeled(name: &str, labels: &[(&str, &str)]) -> Result<Self, HostError> {
        Self::define(&bounded(name, labels))
    }

    /// Records a value.
    pub fn record(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }
}
