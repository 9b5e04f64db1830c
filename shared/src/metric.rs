//! Metrics in the proxy's statistics.
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
//! Envoy's metrics have no labels when they are defined. It finds them in names, by regular expressions in its bootstrap:
//! what the first group matches is removed from the name, and what the second matches is the value. The names that
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
//! Hazard: a metric stays until the proxy ends. Define metrics for values that the configuration knows, never for values
//! that clients send.

mod labels;

use std::cell::Cell;

use labels::labeled;

use crate::sys::{self, HostError, MetricType};
use crate::vm::{self, Metric};

/// Defines a metric, or finds it. Returns its index in the VM.
fn define(kind: MetricType, name: &str) -> Result<usize, HostError> {
    let is_this = |metric: &Metric| metric.kind == kind && metric.name == name;
    if let Some(index) = vm::current(|vm| vm.metrics.borrow().iter().position(is_this)) {
        return Ok(index);
    }
    let id = sys::define_metric(kind, name.as_bytes())?;
    Ok(vm::current(|vm| {
        let mut metrics = vm.metrics.borrow_mut();
        metrics.push(Metric { kind, name: name.to_owned(), id, unreported: Cell::new(0) });
        metrics.len().saturating_sub(1)
    }))
}

/// Defines a metric, or finds it. Returns the host's id.
fn id(kind: MetricType, name: &str) -> Result<u32, HostError> {
    of_vm(define(kind, name)?, |metric| metric.id).ok_or(HostError::NotFound)
}

/// Calls `look` with a metric of this VM.
fn of_vm<R>(index: usize, look: impl FnOnce(&Metric) -> R) -> Option<R> {
    vm::current(|vm| vm.metrics.borrow().get(index).map(look))
}

/// Reports the counts of all counters to the host. Ignores the host's errors: no request should fail because of a
/// statistic.
pub(crate) fn report() {
    vm::current(|vm| {
        for metric in vm.metrics.borrow().iter() {
            let count = metric.unreported.take();
            if count > 0 {
                _ = sys::increment_metric(metric.id, count.try_into().unwrap_or(i64::MAX));
            }
        }
    });
}

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

    /// Defines a counter whose name contains [labels](self#labels), or returns the existing one. In values, only letters, digits,
    /// `-` and `_` are kept, and at most 64 characters. Others become `_`, so that several values may share a metric.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define_labeled(name: &str, labels: &[(&str, &str)]) -> Result<Self, HostError> {
        Self::define(&labeled(name, labels))
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

    /// Defines a gauge whose name contains [labels](self#labels), or returns the existing one. In values, only letters, digits,
    /// `-` and `_` are kept, and at most 64 characters. Others become `_`, so that several values may share a metric.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define_labeled(name: &str, labels: &[(&str, &str)]) -> Result<Self, HostError> {
        Self::define(&labeled(name, labels))
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

    /// Defines a histogram whose name contains [labels](self#labels), or returns the existing one. In values, only letters, digits,
    /// `-` and `_` are kept, and at most 64 characters. Others become `_`, so that several values may share a metric.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define_labeled(name: &str, labels: &[(&str, &str)]) -> Result<Self, HostError> {
        Self::define(&labeled(name, labels))
    }

    /// Records a value.
    pub fn record(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }
}
