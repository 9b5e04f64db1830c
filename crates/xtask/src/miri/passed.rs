//! The tests that passed.

use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};

use crate::test::each_line;

/// Runs tests and shows their output. Returns the names of those that passed, or `None` if one failed.
///
/// # Errors
/// They cannot be run.
pub(super) fn shown(tests: &mut Command) -> Result<Option<Vec<String>>> {
    let mut tests = tests.stdout(Stdio::piped()).spawn().context("cannot run rustup")?;
    let names = Mutex::new(Vec::new());
    each_line(tests.stdout.take(), |line| {
        println!("{line}");
        names.lock().unwrap_or_else(PoisonError::into_inner).extend(name(&line).map(str::to_owned));
    });
    let names = names.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(tests.wait()?.success().then_some(names))
}

/// Returns the name of a test that passed, from a line of its output.
fn name(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... ok")
}

/// Fails if no test passed that has one of these parts of names, or none at all: a renamed test would no longer run.
///
/// # Errors
/// It says which.
pub(super) fn expect_each(package: &str, parts: &[&str], passed: &[String]) -> Result<()> {
    ensure!(!passed.is_empty(), "no test of {package} ran in Miri");
    for part in parts {
        let has_part = passed.iter().any(|name| name.contains(part));
        ensure!(has_part, "no test of {package} has a name with `{part}`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_no_test_has_in_its_name_fails() {
        let lines =
            ["running 2 tests", "test sys::reads ... ok", "test sys::writes ... ignored", "test result: ok."];
        let passed: Vec<_> = lines.into_iter().filter_map(name).map(str::to_owned).collect();
        assert_eq!(passed, ["sys::reads"]);
        expect_each("a", &["sys::", "reads"], &passed).unwrap();
        expect_each("a", &[], &passed).unwrap();
        let error = expect_each("a", &["sys::", "writes"], &passed).unwrap_err();
        assert_eq!(error.to_string(), "no test of a has a name with `writes`");
        assert!(expect_each("a", &[], &[]).is_err());
    }
}
