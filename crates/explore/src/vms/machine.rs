//! One machine: what the host has answered it, and the call that it makes next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proxy_filter::HostError;
use proxy_filter::sys::{Host, LogLevel, MetricType, SharedValue, with_host};

use super::call::{Answer, Call};
use super::shared::Shared;
use crate::hash;

/// Why a run cannot go on from the answers of the one before.
const OTHER_CALLS: &str = "the program made other calls when run again";

/// A machine between two calls.
#[derive(Clone)]
pub(super) struct Machine<E> {
    pub(super) name: &'static str,
    pub(super) program: usize,
    /// The operation that it begins with: after a trap, the one after the one that trapped.
    first: usize,
    /// The operation that it is at. `None` until it begins its first.
    pub(super) operation: Option<usize>,
    answers: Rc<Vec<Answer>>,
    /// What it knew at its last checkpoint, and how many answers it had by then.
    checkpoint: (u64, usize),
    pub(super) events: Rc<Vec<E>>,
    pub(super) pending: Call,
}

/// A machine that runs, as its program sees it: the host of its calls.
pub struct Vm<E> {
    first: usize,
    answers: RefCell<Vec<Answer>>,
    /// How many answers it has got.
    got: Cell<usize>,
    /// What the clock says, if it stands still.
    time: Option<u64>,
    /// Whether it stops before its first operation.
    is_configuring: bool,
    /// The call that it waits at. After it, nothing counts.
    pending: RefCell<Option<Call>>,
    operation: Cell<Option<usize>>,
    checkpoint: Cell<(u64, usize)>,
    events: RefCell<Vec<E>>,
}

impl<E: Clone + 'static> Machine<E> {
    pub(super) fn new(name: &'static str, program: usize) -> Self {
        Self {
            name,
            program,
            first: 0,
            operation: None,
            answers: Rc::default(),
            checkpoint: (0, 0),
            events: Rc::new(Vec::new()),
            pending: Call::End,
        }
    }

    /// Returns the machine after a trap: it has forgotten everything.
    pub(super) fn restarted(self) -> Self {
        let first = self.operation.map_or(0, |operation| operation + 1);
        Self { first, ..Self::new(self.name, self.program) }
    }

    pub(super) fn answered(mut self, answer: Answer) -> Self {
        Rc::make_mut(&mut self.answers).push(answer);
        self
    }

    /// Runs up to the next call. If the clock stands still, reading it is none.
    pub(super) fn advance(
        self,
        time: Option<u64>,
        is_configuring: bool,
        run: impl FnOnce(&Vm<E>) -> Option<()>,
    ) -> Self {
        let vm = Rc::new(Vm {
            first: self.first,
            answers: RefCell::new(self.answers.to_vec()),
            got: Cell::new(0),
            time,
            is_configuring,
            pending: RefCell::new(None),
            operation: Cell::new(None),
            checkpoint: Cell::new((0, 0)),
            events: RefCell::new(Vec::new()),
        });
        let done = with_host(Rc::<Vm<E>>::clone(&vm), || run(&vm));
        assert!(
            done.is_some() || vm.is_stopped(),
            "the program gave up, although the host had answered each call"
        );
        assert!(vm.is_stopped() || vm.got.get() == vm.answers.borrow().len(), "{OTHER_CALLS}");
        Self {
            operation: vm.operation.get(),
            answers: Rc::new(vm.answers.take()),
            checkpoint: vm.checkpoint.get(),
            events: Rc::new(vm.events.take()),
            pending: vm.pending.take().unwrap_or(Call::End),
            ..self
        }
    }

    /// Hashes what its future depends on.
    pub(super) fn identity(&self, shared: &Shared) -> u64 {
        if matches!(self.pending, Call::End) {
            return hash(&self.program);
        }
        let (summary, count) = self.checkpoint;
        let answers = self.answers.get(count..).unwrap_or_default();
        let answers: Vec<_> = answers.iter().map(|answer| answer.identity(shared)).collect();
        hash(&(self.program, self.operation, self.first, summary, answers))
    }
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
