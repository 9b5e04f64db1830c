//! Visits all states that follow from one.

use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::fmt::{self, Debug, Display, Formatter};
use std::time::{Duration, Instant};

use crate::hash::hash;
use crate::state::State;

/// How often a search that takes long says how far it is.
const PROGRESS: Duration = Duration::from_secs(5);

/// Two workers that interleave at all reach more states than this, even if each makes only a few calls.
const FEWEST: usize = 20;

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// How many states were visited.
    pub states: usize,
    /// Whether machines have done what could be wrong in any of them.
    pub has_effect: bool,
    /// The shortest way to a state in which something is wrong.
    pub wrong: Option<Counterexample>,
}

/// The steps to a state in which something is wrong.
pub struct Counterexample {
    what: &'static str,
    steps: Vec<String>,
}

/// Visits all states that follow from `start`, unless one is wrong, and prints how many there were.
pub fn explore<S: State>(name: impl Display, start: &S) -> Found {
    let began = Instant::now();
    // Depth first, because that needs little memory; then breadth first, because that finds the shortest counterexample.
    let mut found = search(&name, start, VecDeque::pop_back);
    if found.wrong.is_some() {
        found.wrong = search(&name, start, VecDeque::pop_front).wrong;
    }
    let Found { states, wrong, .. } = &found;
    let wrong = wrong.as_ref().map_or("none is wrong", |counterexample| counterexample.what);
    println!("{name}: {states} states in {:.1} s, {wrong}", began.elapsed().as_secs_f64());
    found
}

/// Visits all states that follow from `start`. Fails if one is wrong, or if the machines did too little for that to mean much.
pub fn expect_right<S: State>(name: impl Display, start: &S) {
    let Found { states, has_effect, wrong } = explore(&name, start);
    assert!(wrong.is_none(), "{name}: {wrong:?}");
    assert!(has_effect, "{name}: the machines do nothing that could be wrong in any of {states} states");
    assert!(states >= FEWEST, "{name}: only {states} states, so the machines hardly interleave");
}

/// Returns whether `LONG` is set, which asks for longer explorations.
pub fn is_long() -> bool {
    std::env::var_os("LONG").is_some()
}

fn search<S: State>(name: &dyn Display, start: &S, pick: fn(&mut VecDeque<S>) -> Option<S>) -> Found {
    // The state before each one, by hash.
    let mut before = HashMap::from([(hash(start), None)]);
    let mut open = VecDeque::from([start.clone()]);
    let (mut reported, mut has_effect) = (Instant::now(), false);
    while let Some(state) = pick(&mut open) {
        has_effect = has_effect || state.has_effect();
        if let Some(what) = state.wrong() {
            let counterexample = Counterexample { what, steps: steps(start, &before, hash(&state)) };
            return Found { states: before.len(), has_effect, wrong: Some(counterexample) };
        }
        let this = hash(&state);
        for (_, next) in state.next() {
            if let Entry::Vacant(entry) = before.entry(hash(&next)) {
                entry.insert(Some(this));
                open.push_back(next);
            }
        }
        if reported.elapsed() > PROGRESS {
            reported = Instant::now();
            println!("{name}: {} states so far, {} to look at", before.len(), open.len());
        }
    }
    Found { states: before.len(), has_effect, wrong: None }
}

/// Takes the steps to a state again, to tell them.
fn steps<S: State>(start: &S, before: &HashMap<u64, Option<u64>>, last: u64) -> Vec<String> {
    let way = std::iter::successors(Some(last), |state| before.get(state).copied().flatten());
    let mut way: Vec<_> = way.collect();
    way.reverse();
    let (mut state, mut steps) = (start.clone(), Vec::new());
    for goal in way.into_iter().skip(1) {
        let Some((step, next)) = state.next().into_iter().find(|(_, next)| hash(next) == goal) else { break };
        steps.push(step.to_string());
        state = next;
    }
    steps
}

impl Debug for Counterexample {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} after these steps:", self.what)?;
        (1..).zip(&self.steps).try_for_each(|(number, step)| writeln!(f, "{number:3}. {step}"))
    }
}
