//! One machine: what the host has answered it, and the call that it makes next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proxy_filter::sys::with_host;

use super::call::{Answer, Call};
use super::shared::Shared;
use super::vm::{OTHER_CALLS, Vm};
use crate::hash::hash;

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
