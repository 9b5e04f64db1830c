//! What matching may cost one request.
//!
//! A search takes at most one step for each byte of the path and each state of the regex: short regexes with large
//! counts have thousands. With `occurrences: all` each match is a search, and may look at all that is left of the path.

use std::cell::Cell;

use regex::bytes::Regex;
use regex_automata::nfa::thompson::{Compiler, Config, NFA, State};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;

use crate::safety::Unsafe;

/// Steps for one request: up to 160 instructions each (`tests/linear.rs`).
const STEPS: usize = 1 << 19;

/// The most states for which [`ends_soon`] is computed.
const LOOKED_THROUGH: usize = 256;

/// The steps that a request has left. Rules and their conditions share them.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<usize>,
    /// Whether a search would have taken more than were left.
    is_exceeded: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(STEPS), is_exceeded: Cell::new(false) }
    }
}

impl Budget {
    /// Begins with another request.
    pub(crate) fn renew(&self) {
        self.steps.set(STEPS);
        self.is_exceeded.set(false);
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.is_exceeded.get()
    }
}

/// A regex, and what a search with it costs.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) regex: Regex,
    /// Steps that a byte takes at most.
    states: usize,
    /// Bytes that a search looks at behind the end of its match at most, if that is known to be few.
    ahead: Option<usize>,
    /// What a path begins with that it matches, as far as that is plain text.
    prefix: Vec<u8>,
}

impl Search {
    pub(crate) fn new(regex: Regex) -> Self {
        let options = syntax::Config::new().unicode(false).utf8(false);
        let nfa = Compiler::new().syntax(options).configure(Config::new().utf8(false)).build(regex.as_str());
        // It compiled before. If it did not now, no path would be short enough.
        let Ok(nfa) = nfa else {
            return Self { regex, states: usize::MAX, ahead: None, prefix: Vec::new() };
        };
        let states = nfa.states().iter().map(edges).fold(0, usize::saturating_add);
        let ahead = (states <= LOOKED_THROUGH && ends_soon(&nfa)).then_some(states);
        Self { regex, states, ahead, prefix: prefix(&nfa) }
    }

    /// Whether a path begins as those do that match. Such a look takes no steps.
    pub(crate) fn could_match(&self, path: &[u8]) -> bool {
        path.starts_with(&self.prefix)
    }

    /// Whether the budget has the steps that a search in so many bytes may take.
    pub(crate) fn afford(&self, budget: &Budget, bytes: usize) -> Result<(), Unsafe> {
        match self.states.saturating_mul(bytes) <= budget.steps.get() {
            true => Ok(()),
            false => {
                budget.is_exceeded.set(true);
                Err(Unsafe::TooManySteps)
            }
        }
    }

    /// Whether a path matches.
    ///
    /// # Errors
    /// That would take more steps than are left.
    pub(crate) fn matches(&self, budget: &Budget, path: &[u8]) -> Result<bool, Unsafe> {
        if !self.could_match(path) {
            return Ok(false);
        }
        self.afford(budget, path.len())?;
        self.charge(budget, path.len(), None);
        Ok(self.regex.is_match(path))
    }

    /// Takes the steps of a search in so many bytes; its match, if there is one, ended behind so many of them.
    pub(crate) fn charge(&self, budget: &Budget, bytes: usize, matched: Option<usize>) {
        let looked_at = match (matched, self.ahead) {
            (Some(end), Some(ahead)) => bytes.min(end.saturating_add(ahead)),
            _ => bytes,
        };
        budget.steps.set(budget.steps.get().saturating_sub(self.states.saturating_mul(looked_at)));
    }
}

/// What a state takes beside the others, as measured: a choice is looked at for each byte that leads to it.
fn edges(state: &State) -> usize {
    match state {
        State::Union { alternates } => alternates.len().saturating_mul(2),
        State::BinaryUnion { .. } => 4,
        State::Sparse(sparse) => sparse.transitions.len(),
        _ => 1,
    }
}

/// The plain text that an anchored regex begins with.
fn prefix(nfa: &NFA) -> Vec<u8> {
    let mut prefix = Vec::new();
    if !nfa.is_always_start_anchored() {
        return prefix;
    }
    let mut at = nfa.start_anchored();
    loop {
        match nfa.state(at) {
            State::ByteRange { trans } if trans.start == trans.end => {
                prefix.push(trans.start);
                at = trans.next;
            }
            State::Capture { next, .. } | State::Look { next, .. } => at = *next,
            _ => return prefix,
        }
    }
}

/// Whether a search stops soon behind its match: once it can match, each further byte is part of a longer match or
/// ends the search (as in `a[0-9]*`, and not in `a(?:.*b)?`), and before that it cannot go round in circles.
fn ends_soon(nfa: &NFA) -> bool {
    let mut closures = Vec::new();
    for state in nfa.states() {
        let targets = targets(state);
        // Bytes that lead to different places are not told apart here.
        if targets.iter().any(|target| Some(target) != targets.first()) {
            return false;
        }
        closures.push(Closure::of(nfa, &targets));
    }
    let start = Closure::of(nfa, &[nfa.start_anchored()]);
    let behind = |id: &StateID| closures.get(id.as_usize());
    // Those that are in a closure with the match: the byte they take must lead to one with a match again.
    let mut beside = closures.iter().chain([&start]).filter(|it| it.may_match).flat_map(|it| &it.taking);
    if !beside.all(|id| behind(id).is_some_and(|it| it.must_match)) {
        return false;
    }
    // The others, from the start on: in as many rounds as there are states all paths have ended, or there is a circle.
    let mut reached = start.taking.clone();
    for _ in 0..=closures.len() {
        let not_matched = reached.iter().filter_map(behind).filter(|it| !it.must_match);
        let mut next: Vec<_> = not_matched.flat_map(|it| it.taking.iter().copied()).collect();
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return true;
        }
        reached = next;
    }
    false
}

/// Where the bytes that a state takes lead.
fn targets(state: &State) -> Vec<StateID> {
    match state {
        State::ByteRange { trans } => vec![trans.next],
        State::Sparse(sparse) => sparse.transitions.iter().map(|trans| trans.next).collect(),
        State::Dense(dense) => dense.transitions.iter().copied().filter(|id| *id != StateID::ZERO).collect(),
        _ => Vec::new(),
    }
}

/// What is reached from states without a byte.
struct Closure {
    /// States that take bytes.
    taking: Vec<StateID>,
    /// Whether the match is reached, perhaps through `$` and the like.
    may_match: bool,
    /// Whether it is reached without those.
    must_match: bool,
}

impl Closure {
    fn of(nfa: &NFA, from: &[StateID]) -> Self {
        let (taking, may_match) = reach(nfa, from, true);
        Self { taking, may_match, must_match: reach(nfa, from, false).1 }
    }
}

fn reach(nfa: &NFA, from: &[StateID], through_looks: bool) -> (Vec<StateID>, bool) {
    let (mut seen, mut taking, mut matches) = (vec![false; nfa.states().len()], Vec::new(), false);
    let mut open = from.to_vec();
    while let Some(id) = open.pop() {
        match seen.get_mut(id.as_usize()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        match nfa.state(id) {
            State::Look { next, .. } if through_looks => open.push(*next),
            State::Capture { next, .. } => open.push(*next),
            State::Union { alternates } => open.extend(alternates.iter().copied()),
            State::BinaryUnion { alt1, alt2 } => open.extend([*alt1, *alt2]),
            State::Match { .. } => matches = true,
            State::Look { .. } | State::Fail => {}
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => taking.push(id),
        }
    }
    (taking, matches)
}

#[cfg(test)]
mod tests;
