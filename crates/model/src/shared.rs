//! The state that a proxy's workers share.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use proxy_filter::sys::LogLevel;
use proxy_filter::sys::{HostError, SharedValue};

use crate::message::Request;
use crate::metrics::{KIND_BITS, KIND_MASK, Metrics};
use crate::service::Service;

/// The last bits of the tokens of HTTP calls, gRPC calls and gRPC streams.
const HTTP_CALL: u32 = 0;
const GRPC_CALL: u32 = 1;
const GRPC_STREAM: u32 = 2;

/// Returns whether a token is that of a gRPC call.
pub(crate) fn is_grpc_call(token: u32) -> bool {
    token & KIND_MASK == GRPC_CALL
}

/// Returns whether a token is that of a gRPC stream.
pub(crate) fn is_grpc_stream(token: u32) -> bool {
    token & KIND_MASK == GRPC_STREAM
}

#[derive(Default)]
pub(crate) struct Shared {
    /// The time of the monotonic and the wall clock.
    pub(crate) now: Cell<Duration>,
    pub(crate) log_level: Cell<LogLevel>,
    pub(crate) logs: RefCell<Vec<(LogLevel, String)>>,
    pub(crate) data: RefCell<HashMap<Vec<u8>, Value>>,
    pub(crate) metrics: Metrics,
    queues: RefCell<Vec<Queue>>,
    /// Services by cluster. Other clusters do not exist.
    pub(crate) services: RefCell<HashMap<Vec<u8>, Service>>,
    /// The calls that services have received, with their clusters.
    pub(crate) calls: RefCell<Vec<(Vec<u8>, Request)>>,
    next_token: Cell<u32>,
}

struct Queue {
    name: Vec<u8>,
    items: VecDeque<Vec<u8>>,
}

/// A value of shared data, and the number of its last write, for compare-and-swap.
pub(crate) struct Value {
    pub(crate) bytes: Vec<u8>,
    cas: u32,
}

impl Shared {
    pub(crate) fn now(&self) -> Duration {
        self.now.get()
    }

    pub(crate) fn nanoseconds(&self) -> u64 {
        u64::try_from(self.now.get().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Creates the token of a call.
    pub(crate) fn call_token(&self, is_grpc: bool) -> u32 {
        self.token(if is_grpc { GRPC_CALL } else { HTTP_CALL })
    }

    /// Creates the token of a gRPC stream.
    pub(crate) fn stream_token(&self) -> u32 {
        self.token(GRPC_STREAM)
    }

    fn token(&self, kind: u32) -> u32 {
        let number = self.next_token.get() + 1;
        self.next_token.set(number);
        number << KIND_BITS | kind
    }

    pub(crate) fn get_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        let data = self.data.borrow();
        let Value { bytes, cas } = data.get(key).ok_or(HostError::NotFound)?;
        // Envoy returns an empty value as a null pointer.
        Ok(SharedValue { value: (!bytes.is_empty()).then(|| bytes.clone()), cas: *cas })
    }

    /// Writes a value. Always succeeds if `cas` is 0 or the key is absent.
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
}
