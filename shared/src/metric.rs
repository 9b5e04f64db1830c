//! Metrics in the proxy's statistics.
//!
//! Names are defined once per VM: defining one again gives the same metric, so that a reload of the
//! configuration leaks nothing. Metrics are global to the proxy; a name should begin with the
//! filter's.
//!
//! ```
//! use proxy_filter::metric::Counter;
//!
//! # struct Host;
//! # impl proxy_filter::sys::Host for Host {
//! #     fn define_metric(&self, _: proxy_filter::sys::Metric, _: &[u8]) -> Result<u32, proxy_filter::sys::HostError> { Ok(1) }
//! #     fn increment_metric(&self, _: u32, _: i64) -> Result<(), proxy_filter::sys::HostError> { Ok(()) }
//! # }
//! # proxy_filter::sys::with_host(std::rc::Rc::new(Host), || {
//! let limited = Counter::define("rate_limit.per_ip.limited")?; // when configured
//! limited.increment(1); // for each request
//! # Ok::<(), proxy_filter::sys::HostError>(())
//! # }).unwrap();
//! ```

use crate::sys::{self, HostError, MetricType};
use crate::vm;

fn define(kind: MetricType, name: &str) -> Result<u32, HostError> {
    let key = (kind, name.to_owned());
    if let Some(id) = vm::current(|vm| vm.metrics.borrow().get(&key).copied()) {
        return Ok(id);
    }
    let id = sys::define_metric(kind, name.as_bytes())?;
    vm::current(|vm| vm.metrics.borrow_mut().insert(key, id));
    Ok(id)
}

/// A number that only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter(u32);

/// A number that comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge(u32);

/// The distribution of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram(u32);

impl Counter {
    /// The counter of this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(MetricType::Counter, name).map(Self)
    }

    /// Adds to it. A counter that a host lost is not worth failing a request for.
    pub fn increment(self, count: u32) {
        // Hosts refuse an increment by 0.
        if count > 0 {
            _ = sys::increment_metric(self.0, i64::from(count));
        }
    }

    /// Its value.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn get(self) -> Result<u64, HostError> {
        sys::get_metric(self.0)
    }
}

impl Gauge {
    /// The gauge of this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(MetricType::Gauge, name).map(Self)
    }

    /// Sets it.
    pub fn set(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }

    /// Adds to it, or takes from it.
    pub fn add(self, offset: i64) {
        if offset != 0 {
            _ = sys::increment_metric(self.0, offset);
        }
    }

    /// Its value.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn get(self) -> Result<u64, HostError> {
        sys::get_metric(self.0)
    }
}

impl Histogram {
    /// The histogram of this name.
    ///
    /// # Errors
    /// Returns the host's error.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(MetricType::Histogram, name).map(Self)
    }

    /// Adds a value.
    pub fn record(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }
}
