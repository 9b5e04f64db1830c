//! A machine that runs: the host of its calls.

use std::cell::{Cell, RefCell};

use proxy_filter::HostError;
use proxy_filter::sys::{Host, LogLevel, MetricType, SharedValue};

use super::call::{Answer, Call};

/// Why a run cannot go on from the answers of the one before.
pub(super) const OTHER_CALLS: &str = "the program made other calls when run again";

/// A machine that runs, as its program sees it: the host of its calls.
pub struct Vm<E> {
    pub(super) first: usize,
    pub(super) answers: RefCell<Vec<Answer>>,
    /// How many answers it has got.
    pub(super) got: Cell<usize>,
    /// What the clock says, if it stands still.
    pub(super) time: Option<u64>,
    /// Whether it stops before its first operation.
    pub(super) is_configuring: bool,
    /// The call that it waits at. After it, nothing counts.
    pub(super) pending: RefCell<Option<Call>>,
    pub(super) operation: Cell<Option<usize>>,
    pub(super) checkpoint: Cell<(u64, usize)>,
    pub(super) events: RefCell<Vec<E>>,
}

impl<E> Vm<E> {
    /// Returns the number of the operation that the program begins with.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Begins an operation. After a trap, the machine does not repeat it.
    pub fn begin(&self, operation: usize) {
        if !self.is_stopped() {
            self.operation.set(Some(operation));
            self.pending.replace(self.is_configuring.then_some(Call::End));
        }
    }

    /// Says that nothing matters of what the machine did until now, except `summary`. A machine that keeps a compare-and-swap
    /// number must go without: whether it is still current matters, and no summary can know that.
    pub fn checkpoint(&self, summary: u64) {
        if !self.is_stopped() {
            self.checkpoint.set((summary, self.got.get()));
        }
    }

    /// Reports an event.
    pub fn report(&self, event: E) {
        if !self.is_stopped() {
            self.events.borrow_mut().push(event);
        }
    }

    /// Returns a number below `choices`: each of them, in one interleaving or another.
    pub fn choose(&self, choices: usize) -> usize {
        match self.call(|| Call::Choose(choices)) {
            Some(Answer::Choice(choice)) => choice,
            _ => 0,
        }
    }

    /// Returns whether the machine waits for its next turn, so that nothing counts any more.
    pub fn is_stopped(&self) -> bool {
        self.pending.borrow().is_some()
    }

    fn call(&self, call: impl FnOnce() -> Call) -> Option<Answer> {
        if self.is_stopped() {
            return None;
        }
        let got = self.got.get();
        let answer = self.answers.borrow().get(got).cloned();
        if answer.is_some() {
            self.got.set(got + 1);
            return answer;
        }
        let call = call();
        if let (Call::Time, Some(now)) = (&call, self.time) {
            self.answers.borrow_mut().push(Answer::Time(now));
            self.got.set(got + 1);
            return Some(Answer::Time(now));
        }
        self.pending.replace(Some(call));
        None
    }
}

impl<E> Host for Vm<E> {
    fn clock_time(&self, _clock: u32, _precision: u64) -> Result<u64, HostError> {
        match self.call(|| Call::Time) {
            Some(Answer::Time(now)) => Ok(now),
            _ => Err(HostError::InternalFailure),
        }
    }

    fn get_shared_data(&self, key: &[u8]) -> Result<SharedValue, HostError> {
        match self.call(|| Call::Read(key.into())) {
            Some(Answer::Read(asked, value, cas)) => {
                assert_eq!(*asked, *key, "{OTHER_CALLS}");
                value.map_or(Err(HostError::NotFound), |value| {
                    Ok(SharedValue { value: Some(value.to_vec()), cas })
                })
            }
            _ => Err(HostError::InternalFailure),
        }
    }

    fn set_shared_data(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), HostError> {
        match self.call(|| Call::Write(key.into(), value.into(), (cas != 0).then_some(cas))) {
            Some(Answer::Written(true)) => Ok(()),
            Some(Answer::Written(false)) => Err(HostError::CasMismatch),
            _ => Err(HostError::InternalFailure),
        }
    }

    fn get_property(&self, _path: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::NotFound)
    }

    fn define_metric(&self, _kind: MetricType, _name: &[u8]) -> Result<u32, HostError> {
        Ok(1)
    }

    fn log_level(&self) -> Result<LogLevel, HostError> {
        Ok(LogLevel::Off)
    }
}
