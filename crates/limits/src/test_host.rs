//! A host for tests, whose clock the test sets, and whose shared data can refuse writes.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::sys::{Host, LogLevel, SharedValue, with_host};

use crate::gcra::SECOND;

/// What the clock says when a test begins, in nanoseconds.
pub(crate) const START: u64 = 1000 * SECOND;

pub(crate) struct TestHost {
    now: Cell<u64>,
    values: RefCell<BTreeMap<Vec<u8>, Value>>,
    /// Writes to keys with this prefix fail.
    refused: Cell<Option<&'static str>>,
}

struct Value {
    bytes: Vec<u8>,
    /// The compare-and-swap number: how often the value was written.
    cas: u32,
}

impl TestHost {
    /// Runs a test on a host.
    pub(crate) fn run(test: impl FnOnce(&Self)) {
        let (values, refused) = Default::default();
        let host = Rc::new(Self { now: Cell::new(START), values, refused });
        with_host(Rc::<Self>::clone(&host), || test(&host));
    }

    /// Sets the clock to so many nanoseconds after [`START`].
    pub(crate) fn set_elapsed(&self, nanoseconds: u64) {
        self.now.set(START + nanoseconds);
    }

    /// Refuses writes to keys with this prefix, from now on.
    pub(crate) fn refuse_writes(&self, prefix: &'static str) {
        self.refused.set(Some(prefix));
    }

    /// Accepts all writes again.
    pub(crate) fn accept_writes(&self) {
        self.refused.set(None);
    }
}

impl Host for TestHost {
    fn log(&self, _: LogLevel, _: &[u8]) -> Result<(), HostError> {
        Ok(())
    }

    fn log_level(&self) -> Result<LogLevel, HostError> {
        Ok(LogLevel::Off)
    }

    fn clock_time(&self, _: u32, _: u64) -> Result<u64, HostError> {
        Ok(self.now.get())
    }

    fn get_shared_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        let values = self.values.borrow();
        let Value { bytes, cas } = values.get(key).ok_or(HostError::NotFound)?;
        Ok(SharedValue { value: Some(bytes.clone()), cas: *cas })
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        if self.refused.get().is_some_and(|prefix| key.starts_with(prefix.as_bytes())) {
            return Err(HostError::InternalFailure);
        }
        let mut values = self.values.borrow_mut();
        let current = values.get(key).map_or(0, |value| value.cas);
        if cas != 0 && cas != current {
            return Err(HostError::CasMismatch);
        }
        values.insert(key.to_vec(), Value { bytes: value.to_vec(), cas: current + 1 });
        Ok(())
    }
}
