//! Bounds on the cost of a search, derived from the regex's NFA.

use regex_automata::nfa::thompson::{Compiler, Config, NFA, State};
use regex_automata::util::primitives::StateID;
use regex_automata::util::syntax;

/// Regexes with more states than this get no [lookahead](Bounds::lookahead) bound.
const LOOKAHEAD_STATES: usize = 256;

/// Bounds on a search.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// The most steps that one byte takes.
    pub(crate) steps_per_byte: usize,
    /// The most bytes that a search reads past the end of its match, if bounded.
    pub(crate) lookahead: Option<usize>,
    /// The literal text that every matching text begins with. Empty unless the regex is anchored.
    pub(crate) prefix: Vec<u8>,
}

impl Bounds {
    /// Computes the bounds of a valid regex.
    pub(crate) fn of(regex: &str) -> Self {
        let options = syntax::Config::new().unicode(false).utf8(false);
        let nfa = Compiler::new().syntax(options).configure(Config::new().utf8(false)).build(regex);
        // The regex has compiled before. If it ever fails here, no text is short enough to be searched.
        let Ok(nfa) = nfa else {
            return Self { steps_per_byte: usize::MAX, lookahead: None, prefix: Vec::new() };
        };
        let steps_per_byte = nfa.states().iter().map(edges).fold(0, usize::saturating_add);
        let has_lookahead_bound = steps_per_byte <= LOOKAHEAD_STATES && stops_after_match(&nfa);
        Self {
            steps_per_byte,
            lookahead: has_lookahead_bound.then_some(steps_per_byte),
            prefix: literal_prefix(&nfa),
        }
    }
}

/// Returns the steps that a state adds, as measured: an alternation is visited for each byte that leads to it.
fn edges(state: &State) -> usize {
    match state {
        State::Union { alternates } => alternates.len().saturating_mul(2),
        State::BinaryUnion { .. } => 4,
        State::Sparse(sparse) => sparse.transitions.len(),
        _ => 1,
    }
}

/// Returns the literal text that an anchored regex begins with.
fn literal_prefix(nfa: &NFA) -> Vec<u8> {
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

/// Returns whether a search stops soon after its match.
///
/// Two conditions must hold. Once the search has matched, each further byte either extends the match or ends the search
/// (true for `a[0-9]*`, false for `a(?:.*b)?`). Before the match, the states form no cycle.
fn stops_after_match(nfa: &NFA) -> bool {
    let mut closures = Vec::new();
    for state in nfa.states() {
        let targets = targets(state);
        // A state whose bytes lead to different states is treated as unbounded.
        if targets.iter().any(|target| Some(target) != targets.first()) {
            return false;
        }
        closures.push(Closure::of(nfa, &targets));
    }
    let start = Closure::of(nfa, &[nfa.start_anchored()]);
    let after = |id: &StateID| closures.get(id.as_usize());
    // Where a match is possible, every byte must lead to a match again.
    let mut beside_match =
        closures.iter().chain([&start]).filter(|it| it.may_match).flat_map(|it| &it.consuming);
    if !beside_match.all(|id| after(id).is_some_and(|it| it.must_match)) {
        return false;
    }
    // From the start, follow the states that have not matched. If any are left after as many rounds as there are
    // states, they form a cycle.
    let mut reached = start.consuming.clone();
    for _ in 0..=closures.len() {
        let unmatched = reached.iter().filter_map(after).filter(|it| !it.must_match);
        let mut next: Vec<_> = unmatched.flat_map(|it| it.consuming.iter().copied()).collect();
        next.sort_unstable();
        next.dedup();
        if next.is_empty() {
            return true;
        }
        reached = next;
    }
    false
}

/// Returns the states that a state's transitions lead to.
fn targets(state: &State) -> Vec<StateID> {
    match state {
        State::ByteRange { trans } => vec![trans.next],
        State::Sparse(sparse) => sparse.transitions.iter().map(|trans| trans.next).collect(),
        State::Dense(dense) => dense.transitions.iter().copied().filter(|id| *id != StateID::ZERO).collect(),
        _ => Vec::new(),
    }
}

/// The epsilon closure of some states: what they reach without reading a byte.
struct Closure {
    /// States that consume a byte.
    consuming: Vec<StateID>,
    /// Whether the match is reached, possibly through an assertion such as `$`.
    may_match: bool,
    /// Whether the match is reached without assertions.
    must_match: bool,
}

impl Closure {
    fn of(nfa: &NFA, from: &[StateID]) -> Self {
        let (consuming, may_match) = reach(nfa, from, true);
        Self { consuming, may_match, must_match: reach(nfa, from, false).1 }
    }
}

fn reach(nfa: &NFA, from: &[StateID], through_assertions: bool) -> (Vec<StateID>, bool) {
    let (mut seen, mut consuming, mut matches) = (vec![false; nfa.states().len()], Vec::new(), false);
    let mut open = from.to_vec();
    while let Some(id) = open.pop() {
        match seen.get_mut(id.as_usize()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        match nfa.state(id) {
            State::Look { next, .. } if through_assertions => open.push(*next),
            State::Capture { next, .. } => open.push(*next),
            State::Union { alternates } => open.extend(alternates.iter().copied()),
            State::BinaryUnion { alt1, alt2 } => open.extend([*alt1, *alt2]),
            State::Match { .. } => matches = true,
            State::Look { .. } | State::Fail => {}
            State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => consuming.push(id),
        }
    }
    (consuming, matches)
}

#[cfg(test)]
mod tests;
