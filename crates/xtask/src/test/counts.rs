//! Counts what test binaries report.

use std::collections::BTreeSet;

use harness::difference::DIFFERS;

use super::binaries::Finished;

/// What became of tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// The tests that passed.
    pub(crate) passed: usize,
    /// What they say differs in this Envoy.
    pub(crate) differences: BTreeSet<String>,
    /// The names of the tests that failed or were ignored.
    pub(crate) failed: Vec<String>,
    /// The names of those that failed beside others, and passed when they ran again.
    pub(crate) only_alone: Vec<String>,
}

impl Counts {
    /// Counts the tests of a binary. It can fail without a test that does: then its name counts.
    pub(super) fn of_binary(run: &Finished) -> Self {
        let mut counts = Self::of(&run.lines);
        let silent = run.failed.clone().filter(|_| counts.failed.is_empty());
        counts.failed.extend(silent);
        counts
    }

    /// Adds what failed in a run before, if nothing fails in this one.
    pub(super) fn after(mut self, before: Self) -> Self {
        if self.failed.is_empty() {
            self.only_alone = before.failed;
        }
        self
    }

    /// Reads the lines of a test binary.
    fn of(lines: &[String]) -> Self {
        let mut counts = Self::default();
        for line in lines {
            if let Some(at) = line.find(DIFFERS) {
                let difference = line.get(at..).unwrap_or_default().trim_start_matches(DIFFERS);
                counts.differences.insert(difference.to_owned());
            }
            match line.strip_prefix("test ").and_then(|test| test.split_once(" ... ")) {
                Some((_, "ok")) => counts.passed = counts.passed.saturating_add(1),
                Some((name, _)) => counts.failed.push(name.trim_end().to_owned()),
                None => {}
            }
        }
        counts
    }

    /// Adds those of other tests.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.differences.extend(other.differences);
        self.failed.extend(other.failed);
        self.only_alone.extend(other.only_alone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_pass_failed() {
        let lines = [
            "running 3 tests",
            "test a::envoy ... ok",
            &format!("{DIFFERS}it does not reload"),
            "test b     ... ok",
            "test c ... FAILED",
            "test d ... ignored, Envoy is missing",
            "test result: FAILED. 2 passed; 1 failed",
        ];
        let counts = Counts::of(&lines.map(str::to_owned));
        assert_eq!((counts.passed, counts.failed), (2, vec!["c".into(), "d".into()]));
        assert!(counts.differences.iter().eq(["it does not reload"]));
    }

    #[test]
    fn what_failed_before_passed_only_alone() {
        let run = |lines: &[&str], failed: bool| Finished {
            lines: lines.iter().map(|line| (*line).to_owned()).collect(),
            failed: failed.then(|| "a.rs".to_owned()),
        };
        let before = || Counts::of_binary(&run(&["test a ... FAILED", "test b ... ok"], true));
        let again = Counts::of_binary(&run(&["test a ... ok", "test b ... ok"], false));
        assert_eq!(again.after(before()).only_alone, ["a"]);
        let again = Counts::of_binary(&run(&["test a ... FAILED", "test b ... ok"], true));
        assert_eq!(again.after(before()).only_alone, <[String; 0]>::default());
        let crashed = Counts::of_binary(&run(&["test a ... ok"], true));
        let again = Counts::of_binary(&run(&["test a ... ok"], false));
        assert_eq!(again.after(crashed).only_alone, ["a.rs"]);
    }
}
