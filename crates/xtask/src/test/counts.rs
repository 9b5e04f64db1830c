//! Counts what test binaries report.

use std::collections::BTreeSet;

use harness::difference::DIFFERS;

/// What became of tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// The tests that passed.
    pub(crate) passed: usize,
    /// What they say differs in this Envoy.
    pub(crate) differences: BTreeSet<String>,
    /// The names of the tests that failed or were ignored.
    pub(crate) failed: Vec<String>,
}

impl Counts {
    /// Reads the lines of a test binary.
    pub(super) fn of(lines: &[String]) -> Self {
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
}
