//! When the same happened.

use std::fmt;

/// How many runs are shown.
const MAX_RUNS: usize = 4;

/// Numbers of exchanges, as first and last of each run. They count from 0.
pub(super) struct Runs(Vec<(usize, usize)>);

impl Runs {
    pub(super) fn starting_at(at: usize) -> Self {
        Self(vec![(at, at)])
    }

    /// Adds a number, which is larger than all others.
    pub(super) fn add(&mut self, at: usize) {
        match self.0.last_mut() {
            Some((_, last)) if last.saturating_add(1) == at => *last = at,
            _ => self.0.push((at, at)),
        }
    }
}

/// Shows the numbers counted from 1: `1 to 3, 7`.
impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(first, last): &(usize, usize)| match (first.saturating_add(1), last.saturating_add(1)) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first} to {last}"),
        };
        let few: Vec<_> = self.0.iter().take(MAX_RUNS).map(shown).collect();
        let others = if self.0.len() > MAX_RUNS { ", ..." } else { "" };
        write!(f, "{}{others}", few.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbors_are_joined() {
        let shown = |numbers: &[usize]| {
            let mut runs = Runs::starting_at(numbers[0]);
            numbers[1..].iter().for_each(|number| runs.add(*number));
            runs.to_string()
        };
        assert_eq!(shown(&[0]), "1");
        assert_eq!(shown(&[0, 1, 2, 6]), "1 to 3, 7");
        assert_eq!(shown(&[0, 2, 4, 6, 8]), "1, 3, 5, 7, ...");
    }
}
