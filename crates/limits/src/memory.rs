//! A host for tests: its clock stands still, and its shared data fails when told to.
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::sys::{Host, LogLevel, SharedValue, with_host};

use crate::gcra::SECOND;

/// What the clock says when a test begins, in nanoseconds.
pub(crate) const START: u64 = 1000 * SECOND;

pub(crate) struct Memory {
    now: Cell<u64>,
    values: RefCell<BTreeMap<Vec<u8>, Value>>,
    /// What keys begin with whose values cannot be written.
    failing: Cell<Option<&'static str>>,
}

#[derive(Default)]
struct Value {
    bytes: Vec<u8>,
    /// How often it was written.
    cas: u32,
}

impl Memory {
    /// Runs a test on a host.
    pub(crate) fn test(test: impl FnOnce(&Self)) {
        let host =
            Rc::new(Self { now: Cell::new(START), values: RefCell::default(), failing: Cell::default() });
        with_host(Rc::<Self>::clone(&host), || test(&host));
    }

    /// Moves the clock to so many nanoseconds after [`START`].
    pub(crate) fn wait_until(&self, after: u64) {
        self.now.set(START + after);
    }

    /// Makes values unwritable whose keys begin so, or none.
    pub(crate) fn fail(&self, keys: Option<&'static str>) {
        self.failing.set(keys);
    }
}

impl Host for Memory {
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
        if self.failing.get().is_some_and(|failing| key.starts_with(failing.as_bytes())) {
            return Err(HostError::InternalFailure);
        }
        let mut values = self.values.borrow_mut();
        let old = values.entry(key.to_vec()).or_default();
        if cas != 0 && cas != old.cas {
            return Err(HostError::CasMismatch);
        }
        *old = Value { bytes: value.to_vec(), cas: old.cas + 1 };
        Ok(())
    }
}
