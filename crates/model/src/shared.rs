//! What the workers of a proxy share.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};

use proxy_filter::log::Level;
use proxy_filter::sys::{HostError, Metric, SharedValue};

use crate::exchange::Response;

#[derive(Default)]
pub(crate) struct Shared {
    /// Nanoseconds on both clocks.
    pub(crate) now: Cell<u64>,
    pub(crate) logs: RefCell<Vec<(Level, String)>>,
    pub(crate) data: RefCell<HashMap<Vec<u8>, Value>>,
    pub(crate) metrics: RefCell<BTreeMap<u32, MetricState>>,
    queues: RefCell<Vec<Queue>>,
    /// What services answer, by cluster. A cluster that is not there does not exist.
    pub(crate) services: RefCell<HashMap<Vec<u8>, Service>>,
    next_token: Cell<u32>,
}

struct Queue {
    name: Vec<u8>,
    items: VecDeque<Vec<u8>>,
}

/// A value of shared data, and the number of its last write.
pub(crate) struct Value {
    bytes: Vec<u8>,
    cas: u32,
}

pub(crate) struct MetricState {
    kind: Metric,
    pub(crate) name: String,
    pub(crate) value: u64,
}

/// What a service answers to calls.
#[derive(Clone, Debug)]
pub(crate) enum Service {
    Http(Response),
    Grpc(Result<Vec<u8>, u32>),
    Silent,
}

impl Shared {
    pub(crate) fn token(&self) -> u32 {
        self.next_token.set(self.next_token.get() + 1);
        self.next_token.get()
    }

    pub(crate) fn get_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        let data = self.data.borrow();
        let Value { bytes, cas } = data.get(key).ok_or(HostError::NotFound)?;
        // An empty value comes as a null pointer: to the guest it is a tombstone.
        Ok(SharedValue { value: (!bytes.is_empty()).then(|| bytes.clone()), cas: *cas })
    }

    /// A cas of 0 writes unconditionally; one other than 0 on an absent key succeeds as well.
    pub(crate) fn set_data(&self, key: &[u8], bytes: &[u8], cas: u32) -> Result<(), HostError> {
        let mut data = self.data.borrow_mut();
        match data.get_mut(key) {
            Some(value) if cas != 0 && cas != value.cas => Err(HostError::CasMismatch),
            Some(value) => {
                *value = Value { bytes: bytes.to_vec(), cas: value.cas.wrapping_add(1).max(1) };
                Ok(())
            }
            None => {
                data.insert(key.to_vec(), Value { bytes: bytes.to_vec(), cas: 1 });
                Ok(())
            }
        }
    }

    pub(crate) fn queue(&self, name: &[u8]) -> Option<u32> {
        let position = self.queues.borrow().iter().position(|queue| queue.name == name)?;
        u32::try_from(position + 1).ok()
    }

    pub(crate) fn register_queue(&self, name: &[u8]) -> u32 {
        self.queue(name).unwrap_or_else(|| {
            self.queues.borrow_mut().push(Queue { name: name.to_vec(), items: VecDeque::new() });
            u32::try_from(self.queues.borrow().len()).unwrap_or(u32::MAX)
        })
    }

    pub(crate) fn with_queue<R>(
        &self,
        queue: u32,
        use_it: impl FnOnce(&mut VecDeque<Vec<u8>>) -> R,
    ) -> Result<R, HostError> {
        let index = usize::try_from(queue).ok().and_then(|queue| queue.checked_sub(1));
        let mut queues = self.queues.borrow_mut();
        let queue = index.and_then(|index| queues.get_mut(index)).ok_or(HostError::NotFound)?;
        Ok(use_it(&mut queue.items))
    }

    pub(crate) fn define_metric(&self, kind: Metric, name: &[u8]) -> u32 {
        let mut metrics = self.metrics.borrow_mut();
        let id = u32::try_from(metrics.len() + 1).unwrap_or(u32::MAX);
        metrics.insert(id, MetricState { kind, name: String::from_utf8_lossy(name).into_owned(), value: 0 });
        id
    }

    pub(crate) fn increment_metric(&self, metric: u32, offset: i64) -> Result<(), HostError> {
        let mut metrics = self.metrics.borrow_mut();
        let state = metrics.get_mut(&metric).ok_or(HostError::NotFound)?;
        match state.kind {
            Metric::Counter if offset <= 0 => Err(HostError::BadArgument),
            Metric::Histogram => Err(HostError::BadArgument),
            _ => {
                state.value = state.value.saturating_add_signed(offset);
                Ok(())
            }
        }
    }

    pub(crate) fn record_metric(&self, metric: u32, value: u64) -> Result<(), HostError> {
        let mut metrics = self.metrics.borrow_mut();
        let state = metrics.get_mut(&metric).ok_or(HostError::NotFound)?;
        match state.kind {
            Metric::Counter => state.value += value,
            Metric::Gauge | Metric::Histogram => state.value = value,
        }
        Ok(())
    }

    pub(crate) fn get_metric(&self, metric: u32) -> Result<u64, HostError> {
        let metrics = self.metrics.borrow();
        metrics.get(&metric).map(|state| state.value).ok_or(HostError::NotFound)
    }
}
