//! Runs all tests and counts those that ran in each of the three proxies.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// The last part of a test's name says in which proxy it ran.
const PROXIES: [(&str, &str); 3] = [
    ("native", "natively, in the model"),
    ("wasm", "as built, in wasmtime"),
    ("envoy", "as built, in a real Envoy"),
];

/// What tells that a test was not run to its end in a real Envoy, or not at all.
const NOT_TO_ITS_END: [&str; 2] = ["not run to its end: ", "not run: "];

/// One failure does not hide another.
const ALL: [&str; 1] = ["--no-fail-fast"];

/// `arguments` are those of `cargo test`; where they name no package, the whole workspace is tested.
pub fn run(arguments: &[&str]) -> Result<()> {
    let workspace: &[&str] = if name_packages(arguments) { &[] } else { &["--workspace"] };
    let mut cargo = Command::new("cargo")
        .arg("test")
        .args(workspace)
        .args(ALL)
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cargo cannot be run")?;
    let errors = cargo.stderr.take().context("cargo's errors")?;
    let errors = std::thread::spawn(move || passed_on(errors, |line| eprintln!("{line}")));
    let output = passed_on(cargo.stdout.take().context("cargo's output")?, |line| println!("{line}"));
    let errors = errors.join().unwrap_or_default();
    let status = cargo.wait()?;
    report(&output, &errors);
    ensure!(status.success(), "tests failed");
    let ran = output.iter().any(|line| line.ends_with(" ... ok"));
    ensure!(ran || arguments.contains(&"--no-run"), "no test was run: see `cargo test --help` for arguments");
    Ok(())
}

/// Whether arguments choose packages. What comes after `--` is the test binaries' own.
fn name_packages(arguments: &[&str]) -> bool {
    let mut of_cargo = arguments.iter().copied().take_while(|argument| *argument != "--");
    // The short flag may have its value behind it, with or without an equals sign.
    let chooses = |argument: &str| {
        ["--workspace", "--package"].contains(&argument)
            || argument.starts_with("--package=")
            || argument.starts_with("-p")
    };
    of_cargo.any(chooses)
}

fn report(output: &[String], errors: &[String]) {
    let unfinished: BTreeSet<_> = errors
        .iter()
        .filter_map(|line| {
            NOT_TO_ITS_END.iter().find_map(|mark| line.find(mark)).and_then(|at| line.get(at..))
        })
        .collect();
    for (proxy, how) in PROXIES {
        let passed = output.iter().filter(|line| line.ends_with(&format!("::{proxy} ... ok"))).count();
        let unfinished = unfinished.iter().filter(|line| line.contains(&format!("::{proxy}: "))).count();
        let whole = passed.saturating_sub(unfinished);
        match unfinished {
            0 => println!("{whole:>5} behaviour tests passed {how}"),
            _ => println!(
                "{whole:>5} behaviour tests passed {how}; {unfinished} were not run to their end there:"
            ),
        }
    }
    unfinished.iter().for_each(|line| println!("      {line}"));
}

/// Shows lines as they come, and returns them.
fn passed_on(stream: impl Read, show: impl Fn(&str)) -> Vec<String> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.inspect(|line| show(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_name_packages() {
        let table: [(&[&str], bool); 10] = [
            (&["--workspace"], true),
            (&["--package", "a"], true),
            (&["--package=a"], true),
            (&["-p", "a"], true),
            (&["-pa"], true),
            (&["-p=a"], true),
            (&["a_test", "-p", "a", "--", "--exact"], true),
            (&[], false),
            (&["a_test", "--packages", "--lib"], false),
            (&["--", "-p", "--package=a", "--workspace"], false),
        ];
        for (arguments, expected) in table {
            assert_eq!(name_packages(arguments), expected, "{arguments:?}");
        }
    }
}
