//! Virtual machines that run a filter's own code up to its next hostcall, one at a time, in every order.
//!
//! What a machine does next depends only on what the host has answered. So a state keeps these answers, and a step runs the code
//! from its beginning with them, until it makes the next call: no thread, and no copy of the code, is needed. Between any two
//! calls the other machines may make theirs, the clock may move, and the machine may trap.
//!
//! States are the same if the shared data, the clock and, for each machine, its events and what it has learned since its last
//! [checkpoint](Vm::checkpoint) are the same. A compare-and-swap number counts only as current or outdated.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use crate::state::State;
use call::{Answer, Call};
use machine::Machine;
use shared::Shared;
use step::Step;

pub use summary::{printed, summary};
pub use vm::Vm;

mod call;
mod machine;
mod shared;
mod step;
mod summary;
mod vm;

/// What machines do, and what must be true of it.
pub trait Scenario {
    /// What a machine reports.
    type Event: Clone + Ord + Hash + 'static;

    /// Runs the program of a machine from its beginning. A call of the host fails if the machine waits for its next turn: the
    /// rest of the run does not count, and the program may return `None`. It must not return `None` for any other reason.
    fn run(&self, program: usize, vm: &Vm<Self::Event>) -> Option<()>;

    /// Returns what is wrong in a state, if anything.
    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str>;

    /// The nanoseconds by which the clock may jump.
    fn jumps(&self) -> &[u64] {
        &[]
    }

    /// The nanoseconds by which a read of the clock may lag.
    fn lags(&self) -> &[u64] {
        &[0]
    }

    /// The program that must have ended before this one starts, as a worker waits for Envoy's canary.
    fn starts_after(&self, _program: usize) -> Option<usize> {
        None
    }

    /// Whether the host compares before it swaps.
    fn compares(&self) -> bool {
        true
    }
}

/// The host and all machines at one moment.
pub struct World<'a, S: Scenario + ?Sized> {
    scenario: &'a S,
    /// Nanoseconds on the host's clock.
    pub now: u64,
    /// How often the clock may still jump.
    pub jumps: u32,
    /// How many machines may still trap.
    pub traps: u32,
    shared: Shared,
    machines: Vec<Machine<S::Event>>,
    /// The events of machines that have trapped or ended before the exploration.
    past: Vec<S::Event>,
    /// Whether machines stop before their first operation.
    is_configuring: bool,
}

impl<'a, S: Scenario> World<'a, S> {
    /// A host without machines and shared data.
    pub fn new(scenario: &'a S, now: u64) -> Self {
        Self {
            scenario,
            now,
            jumps: 0,
            traps: 0,
            shared: Shared::default(),
            machines: Vec::new(),
            past: Vec::new(),
            is_configuring: false,
        }
    }

    /// Allows this many jumps of the clock and traps, from now on.
    #[must_use]
    pub fn with(mut self, jumps: u32, traps: u32) -> Self {
        (self.jumps, self.traps) = (jumps, traps);
        self
    }

    /// Sets a value of shared data.
    #[must_use]
    pub fn with_shared(mut self, key: &[u8], value: Vec<u8>) -> Self {
        self.shared.write(&key.into(), value.into(), None);
        self
    }

    /// Runs a program to its end before anything else happens.
    #[must_use]
    pub fn after(mut self, program: usize) -> Self {
        let index = self.machines.len();
        self = self.alone("before", program, |machine| matches!(machine.pending, Call::End));
        let before = self.machines.remove(index);
        self.past.extend(before.events.iter().cloned());
        self
    }

    /// Adds a machine that waits to run a program.
    #[must_use]
    pub fn starting(mut self, name: &'static str, program: usize) -> Self {
        let machine = self.advance(Machine::new(name, program));
        self.machines.push(machine);
        self
    }

    /// Adds a machine that has run a program up to its [first operation](Vm::begin).
    #[must_use]
    pub fn running(mut self, name: &'static str, program: usize) -> Self {
        self.is_configuring = true;
        self = self.alone(name, program, |machine| machine.operation.is_some());
        self.is_configuring = false;
        if let Some(machine) = self.machines.pop().map(|machine| self.advance(machine)) {
            self.machines.push(machine);
        }
        self
    }

    /// Adds a machine, and lets it run while the others wait and the clock stands still.
    fn alone(self, name: &'static str, program: usize, is_done: impl Fn(&Machine<S::Event>) -> bool) -> Self {
        let index = self.machines.len();
        let (jumps, traps) = (self.jumps, self.traps);
        let mut world = self.with(0, 0).starting(name, program);
        while world.machines.last().is_some_and(|machine| !is_done(machine)) {
            match world.steps_of(index).into_iter().next() {
                Some((_, next)) => world = next,
                None => break,
            }
        }
        world.with(jumps, traps)
    }

    /// Returns what machines have reported, in order, including those that have trapped since.
    pub fn events(&self) -> Vec<S::Event> {
        let current = self.machines.iter().flat_map(|machine| machine.events.iter());
        let mut events: Vec<_> = self.past.iter().chain(current).cloned().collect();
        events.sort_unstable();
        events
    }

    /// Returns what each machine has reported since it last started.
    pub fn events_by_machine(&self) -> impl Iterator<Item = &[S::Event]> {
        self.machines.iter().map(|machine| machine.events.as_slice())
    }

    /// Returns how many machines there are.
    pub fn machines(&self) -> usize {
        self.machines.len()
    }

    /// Returns whether all programs have ended.
    pub fn is_quiet(&self) -> bool {
        self.machines.iter().all(|machine| matches!(machine.pending, Call::End))
    }

    /// Returns the keys and values of shared data.
    pub fn shared(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.shared.iter()
    }

    /// Runs a machine up to its next call.
    fn advance(&self, machine: Machine<S::Event>) -> Machine<S::Event> {
        let stands_still = self.jumps == 0 && self.scenario.lags() == [0];
        let program = machine.program;
        let time = stands_still.then_some(self.now);
        machine.advance(time, self.is_configuring, |vm| self.scenario.run(program, vm))
    }

    /// Returns the states after a machine's next call.
    fn steps_of(&self, index: usize) -> Vec<(Step, Self)> {
        let Some(machine) = self.machines.get(index) else { return Vec::new() };
        let waits_for = self.scenario.starts_after(machine.program);
        let has_ended = |other: &Machine<_>| matches!(other.pending, Call::End);
        if self.machines.iter().any(|other| Some(other.program) == waits_for && !has_ended(other)) {
            return Vec::new();
        }
        let answers = match &machine.pending {
            Call::End => Vec::new(),
            Call::Time => {
                self.scenario.lags().iter().map(|lag| Answer::Time(self.now.saturating_sub(*lag))).collect()
            }
            Call::Choose(choices) => (0..*choices).map(Answer::Choice).collect(),
            Call::Read(key) => {
                let (value, version) = self.shared.read(key);
                vec![Answer::Read(Rc::clone(key), value, version)]
            }
            Call::Write(key, value, version) => {
                let version = version.filter(|_| self.scenario.compares());
                let mut world = self.clone();
                let is_written = world.shared.write(key, Rc::clone(value), version);
                return vec![world.after_step(index, Answer::Written(is_written))];
            }
        };
        answers.into_iter().map(|answer| self.clone().after_step(index, answer)).collect()
    }

    fn after_step(mut self, index: usize, answer: Answer) -> (Step, Self) {
        let machine = self.machines.remove(index);
        let step = Step::Call(machine.name, machine.pending.clone(), answer.clone());
        let machine = self.advance(machine.answered(answer));
        self.machines.insert(index, machine);
        (step, self)
    }

    fn after_trap(mut self, index: usize) -> (Step, Self) {
        let machine = self.machines.remove(index);
        self.traps -= 1;
        self.past.extend(machine.events.iter().cloned());
        let step = Step::Trap(machine.name);
        let machine = self.advance(machine.restarted());
        self.machines.insert(index, machine);
        (step, self)
    }
}

impl<S: Scenario> State for World<'_, S> {
    type Step = Step;

    fn next(&self) -> Vec<(Step, Self)> {
        let mut next = Vec::new();
        for (index, machine) in self.machines.iter().enumerate() {
            next.extend(self.steps_of(index));
            if self.traps > 0 && machine.operation.is_some() && !matches!(machine.pending, Call::End) {
                next.push(self.clone().after_trap(index));
            }
        }
        // When the clock jumps makes a difference only to a machine that reads it next.
        if self.jumps > 0 && self.machines.iter().any(|machine| matches!(machine.pending, Call::Time)) {
            for by in self.scenario.jumps() {
                let world = Self { now: self.now + by, jumps: self.jumps - 1, ..self.clone() };
                next.push((Step::Jump(*by), world));
            }
        }
        next
    }

    fn wrong(&self) -> Option<&'static str> {
        self.scenario.wrong(self)
    }

    fn has_effect(&self) -> bool {
        self.is_quiet() && self.machines.iter().any(|machine| !machine.events.is_empty())
    }
}

impl<S: Scenario + ?Sized> Clone for World<'_, S> {
    fn clone(&self) -> Self {
        Self {
            scenario: self.scenario,
            now: self.now,
            jumps: self.jumps,
            traps: self.traps,
            shared: self.shared.clone(),
            machines: self.machines.clone(),
            past: self.past.clone(),
            is_configuring: self.is_configuring,
        }
    }
}

impl<S: Scenario> Hash for World<'_, S> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.now, self.jumps, self.traps).hash(hasher);
        self.shared.hash(hasher);
        let mut past: Vec<_> = self.past.iter().collect();
        past.sort_unstable();
        past.hash(hasher);
        // Machines that run the same program are interchangeable.
        let identity = |machine: &Machine<_>| (machine.identity(&self.shared), Rc::clone(&machine.events));
        let mut machines: Vec<_> = self.machines.iter().map(identity).collect();
        machines.sort_unstable();
        machines.hash(hasher);
    }
}
