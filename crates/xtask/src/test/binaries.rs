//! Builds test binaries and runs them two at a time, because most of them wait longer than they compute.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use harness::locate::ENVOY;
use harness::parts;
use serde_json::Value;

use super::arguments::Arguments;
use super::durations::Durations;
use super::output::each_line;

/// How many binaries run at once. More are not faster on two cores, and disturb tests that wait.
const AT_ONCE: usize = 2;

/// A test binary.
#[derive(Clone)]
pub(super) struct Binary {
    /// Its source, such as `filters/rate-limit/tests/behaviour.rs`.
    pub(super) name: String,
    executable: PathBuf,
    /// The directory of its package, in which it runs.
    directory: PathBuf,
}

/// A binary that has ended.
pub(super) struct Finished {
    /// What it wrote, to standard output and standard error.
    pub(super) lines: Vec<String>,
    /// The binary's name if it failed.
    pub(super) failed: Option<String>,
}

/// Runs test binaries with these arguments, and shows the output of each when it ends. `envoy` replaces the Envoy in which
/// tests run.
pub(super) fn run(
    mut binaries: Vec<Binary>,
    arguments: &[&str],
    envoy: Option<&Path>,
) -> Result<Vec<Finished>> {
    let durations = Durations::read();
    // The slowest runs first, so that it does not run alone at the end.
    binaries.sort_by_key(|binary| std::cmp::Reverse(durations.expected(&binary.name)));
    let count = binaries.len();
    let queue = Mutex::new(binaries.into_iter());
    let finished = Mutex::new((Vec::new(), durations));
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(binary) = next() {
            let start = Instant::now();
            let run = run_one(&binary, arguments, envoy);
            let (all, durations) = &mut *finished.lock().unwrap_or_else(PoisonError::into_inner);
            let seconds = start.elapsed().as_secs_f64();
            println!("\n[{} of {count}, {seconds:.1} s] {}", all.len() + 1, binary.name);
            run.lines.iter().for_each(|line| println!("{line}"));
            durations.set(&binary.name, seconds);
            all.push(run);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    let (all, durations) = finished.into_inner().unwrap_or_else(PoisonError::into_inner);
    durations.write()?;
    Ok(all)
}

/// Builds the test binaries that the arguments select.
pub(super) fn build(arguments: &Arguments<'_>) -> Result<Vec<Binary>> {
    let mut cargo = Command::new("cargo")
        .args(["test", "--no-run", "--message-format=json-render-diagnostics"])
        .args(arguments.of_cargo.iter().filter(|argument| **argument != "--no-run"))
        .current_dir(parts::root())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let messages = BufReader::new(cargo.stdout.take().context("cargo has no output")?);
    let mut binaries = Vec::new();
    for message in messages.lines() {
        binaries.extend(serde_json::from_str(&message?).ok().and_then(|message| binary(&message)));
    }
    ensure!(cargo.wait()?.success(), "the tests do not compile");
    Ok(binaries)
}

/// Extracts the test binary from a message of cargo.
fn binary(message: &Value) -> Option<Binary> {
    let executable = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
    let directory = Path::new(message["manifest_path"].as_str()?).parent()?;
    let source = Path::new(message["target"]["src_path"].as_str()?);
    let name = source.strip_prefix(parts::root()).unwrap_or(source).display().to_string();
    Some(Binary { name, executable: executable.into(), directory: directory.into() })
}

fn run_one(binary: &Binary, arguments: &[&str], envoy: Option<&Path>) -> Finished {
    let started = Command::new(&binary.executable)
        .args(arguments)
        .current_dir(&binary.directory)
        .env("CARGO_MANIFEST_DIR", &binary.directory)
        .envs(parts::variables())
        .envs(envoy.map(|envoy| (ENVOY, envoy)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            let line = format!("cannot run {}: {error}", binary.executable.display());
            return Finished { lines: vec![line], failed: Some(binary.name.clone()) };
        }
    };
    let lines = Mutex::new(Vec::new());
    let keep = |line: String| lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| each_line(stdout, keep));
        scope.spawn(|| each_line(stderr, keep));
    });
    let succeeded = child.wait().is_ok_and(|status| status.success());
    let lines = lines.into_inner().unwrap_or_else(PoisonError::into_inner);
    Finished { lines, failed: (!succeeded).then(|| binary.name.clone()) }
}
