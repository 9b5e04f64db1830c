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

use crate::sys::{self, HostError, MetricType};
use crate::vm;

fn define(kind: MetricType, name: &str) -> Result<u32, HostError> {
    let is_this = |(known, other, _): &&(MetricType, String, u32)| *known == kind && other == name;
    if let Some(id) = vm::current(|vm| vm.metrics.borrow().iter().find(is_this).map(|(_, _, id)| *id)) {
        return Ok(id);
    }
    let id = sys::define_metric(kind, name.as_bytes())?;
    vm::current(|vm| vm.metrics.borrow_mut().push((kind, name.to_owned(), id)));
    Ok(id)
}

/// A number that only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter(u32);

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

    /// Adds to the counter. Ignores the host's errors: no request should fail because of a statistic.
    pub fn increment(self, count: u32) {
        // Hosts reject an increment of 0.
        if count > 0 {
            _ = sys::increment_metric(self.0, i64::from(count));
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

impl Gauge {
    /// Defines a gauge, or returns the existing one with this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(MetricType::Gauge, name).map(Self)
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
        define(MetricType::Histogram, name).map(Self)
    }

    /// Records a value.
    pub fn record(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }
}
