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

use crate::entry::current_vm;
use crate::sys::{self, HostError, Metric};

fn define(kind: Metric, name: &str) -> Result<u32, HostError> {
    let key = (kind, name.to_owned());
    if let Some(id) = current_vm(|vm| vm.metrics.borrow().get(&key).copied()) {
        return Ok(id);
    }
    let id = sys::define_metric(kind, name.as_bytes())?;
    current_vm(|vm| vm.metrics.borrow_mut().insert(key, id));
    Ok(id)
}

/// A number that only grows.
///
/// ```
/// # use proxy_filter::metric::*;
/// # proxy_model::filter_fn::on_configure(|| {
/// let requests = Counter::define("my_filter.requests")?;
/// requests.increment(1);
/// assert_eq!(requests.get()?, 1);
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter(u32);

/// A number that comes and goes.
///
/// ```
/// # use proxy_filter::metric::*;
/// # proxy_model::filter_fn::on_configure(|| {
/// let requests = Gauge::define("my_filter.requests")?;
/// requests.add(2);
/// requests.add(-1);
/// assert_eq!(requests.get()?, 1);
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge(u32);

/// The distribution of values.
///
/// ```
/// # use proxy_filter::metric::*;
/// # proxy_model::filter_fn::on_configure(|| {
/// let requests = Histogram::define("my_filter.requests")?;
/// requests.record(20);
/// # Ok(())
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram(u32);

impl Counter {
    /// The counter of this name.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// let limited = Counter::define("my_filter.limited")?;
    /// assert_eq!(limited, Counter::define("my_filter.limited")?);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(Metric::Counter, name).map(Self)
    }

    /// Adds to it. A counter that a host lost is not worth failing a request for.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// let limited = Counter::define("my_filter.limited")?;
    /// limited.increment(2);
    /// assert_eq!(limited.get()?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn increment(self, count: u32) {
        // Hosts refuse an increment by 0.
        if count > 0 {
            _ = sys::increment_metric(self.0, i64::from(count));
        }
    }

    /// Its value.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Counter::define("my_filter.limited")?.get()?, 0);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn get(self) -> Result<u64, HostError> {
        sys::get_metric(self.0)
    }
}

impl Gauge {
    /// The gauge of this name.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Gauge::define("my_filter.open")?, Gauge::define("my_filter.open")?);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(Metric::Gauge, name).map(Self)
    }

    /// Sets it.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// let open = Gauge::define("my_filter.open")?;
    /// open.set(7);
    /// assert_eq!(open.get()?, 7);
    /// # Ok(())
    /// # });
    /// ```
    pub fn set(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }

    /// Adds to it, or takes from it.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// let open = Gauge::define("my_filter.open")?;
    /// open.add(3);
    /// open.add(-1);
    /// assert_eq!(open.get()?, 2);
    /// # Ok(())
    /// # });
    /// ```
    pub fn add(self, offset: i64) {
        if offset != 0 {
            _ = sys::increment_metric(self.0, offset);
        }
    }

    /// Its value.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Gauge::define("my_filter.open")?.get()?, 0);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn get(self) -> Result<u64, HostError> {
        sys::get_metric(self.0)
    }
}

impl Histogram {
    /// The histogram of this name.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// assert_eq!(Histogram::define("my_filter.size")?, Histogram::define("my_filter.size")?);
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    /// What the host answered instead.
    pub fn define(name: &str) -> Result<Self, HostError> {
        define(Metric::Histogram, name).map(Self)
    }

    /// Adds a value.
    ///
    /// ```
    /// # use proxy_filter::metric::*;
    /// # proxy_model::filter_fn::on_configure(|| {
    /// Histogram::define("my_filter.size")?.record(1024);
    /// # Ok(())
    /// # });
    /// ```
    pub fn record(self, value: u64) {
        _ = sys::record_metric(self.0, value);
    }
}
