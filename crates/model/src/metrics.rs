//! The proxy's statistics.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proxy_filter::sys::{HostError, MetricType};

/// The number of bits in a token, and in a metric's id, that hold its kind.
pub(crate) const KIND_BITS: u32 = 2;

/// The bits of a token, or of a metric's id, that hold its kind.
pub(crate) const KIND_MASK: u32 = (1 << KIND_BITS) - 1;

#[derive(Default)]
pub(crate) struct Metrics(RefCell<State>);

#[derive(Default)]
struct State {
    /// The kind and name of each definition, in order. Ids count from 1.
    defined: Vec<(MetricType, String)>,
    values: BTreeMap<String, u64>,
}

impl Metrics {
    /// Returns the values of all metrics by name.
    pub(crate) fn values(&self) -> BTreeMap<String, u64> {
        self.0.borrow().values.clone()
    }

    pub(crate) fn define(&self, kind: MetricType, name: &[u8]) -> u32 {
        let mut state = self.0.borrow_mut();
        let name = String::from_utf8_lossy(name).into_owned();
        state.values.entry(name.clone()).or_default();
        state.defined.push((kind, name));
        u32::try_from(state.defined.len()).unwrap_or(u32::MAX) << KIND_BITS | kind as u32
    }

    pub(crate) fn increment(&self, metric: u32, offset: i64) -> Result<(), HostError> {
        self.change(metric, HostError::BadArgument, |kind, value| match kind {
            MetricType::Counter if offset <= 0 => Err(HostError::BadArgument),
            MetricType::Counter | MetricType::Gauge => {
                *value = value.saturating_add_signed(offset);
                Ok(())
            }
            MetricType::Histogram => Err(HostError::BadArgument),
        })
    }

    pub(crate) fn record(&self, metric: u32, number: u64) -> Result<(), HostError> {
        self.change(metric, HostError::NotFound, |kind, value| {
            match kind {
                MetricType::Counter => *value += number,
                MetricType::Gauge | MetricType::Histogram => *value = number,
            }
            Ok(())
        })
    }

    pub(crate) fn get(&self, metric: u32) -> Result<u64, HostError> {
        self.change(metric, HostError::BadArgument, |kind, value| match kind {
            MetricType::Counter | MetricType::Gauge => Ok(*value),
            MetricType::Histogram => Err(HostError::BadArgument),
        })
    }

    /// Changes a metric. `no_kind` is the error for an id with an unknown kind.
    fn change<T>(
        &self,
        metric: u32,
        no_kind: HostError,
        change: impl FnOnce(MetricType, &mut u64) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let state = &mut *self.0.borrow_mut();
        if metric & KIND_MASK == KIND_MASK {
            return Err(no_kind);
        }
        let index = usize::try_from(metric >> KIND_BITS).ok().and_then(|number| number.checked_sub(1));
        let (kind, name) = index.and_then(|index| state.defined.get(index)).ok_or(HostError::NotFound)?;
        change(*kind, state.values.entry(name.clone()).or_default())
    }
}
