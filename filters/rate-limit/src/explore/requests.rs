//! Requests of workers that run this filter, and what must be true of its rules.

use std::collections::VecDeque;
use std::rc::Rc;

use explore::bound;
use explore::vms::{Scenario, Vm, World, printed};
use limits::gcra::SECOND;
use limits::in_flight::{GONE_AFTER, Guard};
use limits::table::Table;
use proxy_filter::clock;
use proxy_filter::inputs::{Inputs, Snapshot};
use proxy_filter::specialize::Specialize;

use super::{INTERVAL, START};
use crate::decision::RuleDecision;
use crate::due::DueCharges;
use crate::{Plan, RateLimit, limiter};

/// What must be true of one rule.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    /// A bucket with this burst, from which each request takes this many tokens.
    Bucket { burst: u64, tokens: u64 },
    /// Such a bucket, from which the response takes them.
    Late { burst: u64, tokens: u64 },
    /// So many requests at once.
    AtOnce(u64),
}

/// The part of the protocol to leave out, to show that it is needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Without {
    Nothing,
    /// A rule keeps the tokens of a request that another rule limits.
    Refunds,
    /// A worker overwrites what others have written since it read.
    CompareAndSwap,
}

/// Workers that serve requests. The program of a worker is the configuration that it runs.
pub(super) struct Requests {
    pub(super) configurations: Vec<(Rc<Plan>, Vec<Bound>)>,
    /// How often a worker begins or ends a request.
    pub(super) steps: usize,
    /// How many requests a worker has in flight at once.
    pub(super) most: usize,
    pub(super) traps: u32,
    /// Whether tokens are taken from buckets one by one, without leases.
    pub(super) is_exact: bool,
    pub(super) jumps: &'static [u64],
    pub(super) without: Without,
}

/// A request of a worker that runs this configuration was admitted at this time, or has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Event {
    Began(usize, u64),
    Ended(usize),
}

/// What a request holds while it is in flight.
type Open = (Vec<Guard>, Option<DueCharges>);

/// What becomes of a request.
enum Outcome {
    Limited,
    /// It holds nothing.
    Allowed,
    InFlight(Open),
}

impl Requests {
    pub(super) fn of(configurations: Vec<(Rc<Plan>, Vec<Bound>)>, steps: usize) -> Self {
        Self {
            configurations,
            steps,
            most: 1,
            traps: 0,
            is_exact: true,
            jumps: &[],
            without: Without::Nothing,
        }
    }

    fn work(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        let filter = RateLimit::start(Rc::clone(&self.configurations[program].0)).ok()?;
        let mut open = VecDeque::new();
        for step in vm.first()..self.steps {
            vm.begin(step);
            let keeps_set = |rule| AsRef::<Table>::as_ref(rule).has_suspect();
            if !filter.ruleset.rules.iter().any(keeps_set) {
                vm.checkpoint(printed(&(step, &filter.ruleset, &open)));
            }
            if !open.is_empty() && self.ends(open.len(), vm) {
                vm.report(Event::Ended(program));
                drop(open.pop_front());
            } else {
                let (at, outcome) = self.begin(&filter)?;
                if !matches!(outcome, Outcome::Limited) {
                    vm.report(Event::Began(program, at));
                }
                if let Outcome::InFlight(request) = outcome {
                    open.push_back(request);
                }
            }
            if vm.is_stopped() {
                return None;
            }
        }
        for (step, request) in (self.steps..).zip(open) {
            vm.begin(step);
            self.ends(self.most, vm);
            vm.report(Event::Ended(program));
            drop(request);
        }
        Some(())
    }

    /// Returns whether a worker ends a request next. While it waits, its requests are in flight.
    fn ends(&self, open: usize, vm: &Vm<Event>) -> bool {
        let may_begin = open < self.most;
        vm.choose(1 + usize::from(may_begin)) == 1 || !may_begin
    }

    /// Decides about a request as the filter does. Returns its time, in nanoseconds, and what becomes of it. `None` if it waits for
    /// the host.
    fn begin(&self, filter: &RateLimit) -> Option<(u64, Outcome)> {
        let now = filter.ruleset.ensure_confirmed(clock::monotonic_nanoseconds().ok()?);
        let snapshot = Snapshot::default();
        if self.without == Without::Refunds {
            let mut is_allowed = true;
            for rule in &filter.ruleset.rules {
                let slot = rule.buckets.slot(|_| Ok::<_, ()>(true)).ok()??;
                let charged = rule.buckets.charge(slot, rule.plan.limit.quota, now, None).ok()?;
                is_allowed &= matches!(charged, limits::Decision::Allowed(_));
            }
            return Some((now, if is_allowed { Outcome::Allowed } else { Outcome::Limited }));
        }
        let (inputs, has_late) = (Inputs::of_request(&snapshot), filter.plan.late.is_some());
        let mut guards = Vec::new();
        let decisions = limiter::decide(&filter.ruleset, &inputs, now, has_late, &mut guards).ok()?;
        if decisions.iter().any(RuleDecision::limits) {
            assert!(guards.is_empty(), "a request that is limited counts nowhere");
            return Some((now, Outcome::Limited));
        }
        let due = DueCharges::new(&filter.ruleset, &decisions);
        let holds_nothing = guards.is_empty() && due.is_none();
        Some((now, if holds_nothing { Outcome::Allowed } else { Outcome::InFlight((guards, due)) }))
    }

    /// Checks one rule of a configuration. `table` is the number of its table.
    fn wrong_of(
        &self,
        world: &World<'_, Self>,
        program: usize,
        table: usize,
        rule: Bound,
    ) -> Option<&'static str> {
        let began = |event: Event| match event {
            Event::Began(of, at) if of == program => Some(at),
            _ => None,
        };
        let times: Vec<_> = world.events().into_iter().filter_map(began).collect();
        let is_quiet = world.is_quiet() && world.traps == self.traps;
        let stands_still = world.now == START;
        let (burst, tokens) = match rule {
            Bound::Bucket { burst, tokens } => (burst, tokens),
            // Requests in flight may all have seen the last token.
            Bound::Late { burst, tokens } => (burst + tokens * (self.most * world.machines()) as u64, tokens),
            Bound::AtOnce(most) => {
                let in_flight = world.events_by_machine().map(|events| in_flight(events, program, world.now));
                if in_flight.sum::<usize>() as u64 > most {
                    return Some("a key has too many requests in flight");
                }
                // The first number is the generation.
                let is_counted = set(world, table).is_some_and(|set| set.len() > 1);
                return (is_quiet && is_counted).then_some("requests that have ended are counted");
            }
        };
        if !bound::holds_for(times.iter().map(|at| (*at, tokens)), INTERVAL, burst) {
            return Some("a rule allowed more than its bound");
        }
        // While the clock stands still, the bucket shows every token: of requests that all rules allow, and no others.
        let taken = tokens * times.len() as u64;
        let tat = set(world, table).and_then(|set| set.chunks_exact(2).map(|way| way[1]).max());
        let matches = tat.is_none_or(|tat| tat.saturating_sub(START) == taken * INTERVAL);
        (self.is_exact && is_quiet && stands_still && !matches)
            .then_some("a rule lost tokens, or took those of a limited request")
    }
}

/// Returns how many requests a worker has in flight, without those that are so old that the worker may count as gone.
fn in_flight(events: &[Event], program: usize, now: u64) -> usize {
    let ended = events.iter().filter(|event| **event == Event::Ended(program)).count();
    let began = events.iter().filter_map(|event| match event {
        Event::Began(of, at) if *of == program => Some(*at),
        _ => None,
    });
    // A worker renews its number as often as it confirms its tables, so up to two seconds before a request.
    began.skip(ended).filter(|at| now < at + GONE_AFTER - 2 * SECOND).count()
}

/// Returns the numbers of a table's only set, after its epoch and its seal: buckets, or a generation and rows.
fn set(world: &World<'_, Requests>, table: usize) -> Option<Vec<u64>> {
    let is_set = |key: &[u8]| key.starts_with(b"rl2") && key[3] as usize == table;
    let (_, value) = world.shared().find(|(key, _)| is_set(key))?;
    Some(value.as_chunks().0.iter().skip(2).map(|word| u64::from_le_bytes(*word)).collect())
}

impl Scenario for Requests {
    type Event = Event;

    fn run(&self, program: usize, vm: &Vm<Event>) -> Option<()> {
        // The canary only starts the filter.
        match program.checked_sub(self.configurations.len()) {
            Some(program) => RateLimit::start(Rc::clone(&self.configurations[program].0)).ok().map(drop),
            None => self.work(program, vm),
        }
    }

    fn wrong(&self, world: &World<'_, Self>) -> Option<&'static str> {
        let rules = |(program, (_, rules)): (usize, &(_, Vec<Bound>))| {
            rules.clone().into_iter().map(move |rule| (program, rule))
        };
        let rules = self.configurations.iter().enumerate().flat_map(rules);
        rules.enumerate().find_map(|(table, (program, rule))| self.wrong_of(world, program, table, rule))
    }

    fn jumps(&self) -> &[u64] {
        self.jumps
    }

    fn compares(&self) -> bool {
        self.without != Without::CompareAndSwap
    }
}
