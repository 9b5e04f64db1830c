//! Envoy under Valgrind's Callgrind, which counts the instructions that a thread executes in user mode.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use harness::Envoy;
use harness::bootstrap::Bootstrap;
use harness::{parts, valgrind};

/// The name of Envoy's only worker thread.
const WORKER: &str = "wrk:worker_0";

/// The prefix of the names of Callgrind's output files.
const OUTPUT: &str = "callgrind";

/// An Envoy under Callgrind.
pub(crate) struct Callgrind {
    envoy: Envoy,
    /// Callgrind's number of the worker thread, as in the names of its output files.
    worker: String,
}

impl Callgrind {
    /// Starts Envoy with one worker. It counts nothing yet, and runs faster than later.
    ///
    /// # Errors
    /// Valgrind or Envoy is missing or does not start.
    pub(crate) fn start(bootstrap: &Bootstrap) -> Result<Self> {
        let envoy = Envoy::start_under(bootstrap, |directory, envoy| {
            let mut valgrind = valgrind::valgrind()?;
            valgrind
                .args(["--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes"])
                .arg(format!("--callgrind-out-file={}", directory.join(OUTPUT).display()))
                .arg(format!("--vgdb-prefix={}", directory.join("vgdb").display()))
                .arg(envoy.get_program())
                .args(envoy.get_args());
            Ok(valgrind)
        })?;
        let mut callgrind = Self { envoy, worker: String::new() };
        callgrind.worker = callgrind.find_worker()?;
        Ok(callgrind)
    }

    /// Returns Envoy.
    pub(crate) fn envoy(&self) -> &Envoy {
        &self.envoy
    }

    /// Prepares to count, which makes Envoy several times slower.
    ///
    /// # Errors
    /// Valgrind does not respond.
    pub(crate) fn instrument(&self) -> Result<()> {
        self.command(&["instrumentation", "on"]).map(drop)
    }

    /// Returns the instructions that the worker executes in user mode while `action` runs.
    ///
    /// # Errors
    /// Valgrind does not respond, or `action` fails.
    pub(crate) fn count(&self, action: impl FnOnce() -> Result<()>) -> Result<u64> {
        self.command(&["zero"])?;
        action()?;
        self.command(&["dump"])?;
        let mut counted = None;
        for (path, name) in self.outputs()? {
            if name.ends_with(&format!("-{}", self.worker)) {
                counted = summary(&fs::read_to_string(&path)?);
            }
            fs::remove_file(path)?;
        }
        counted.with_context(|| format!("Callgrind wrote no count of thread {}", self.worker))
    }

    /// Lists the files of the last dump, one for each thread: `callgrind.<dump>-<thread>`.
    fn outputs(&self) -> Result<Vec<(PathBuf, String)>> {
        let mut outputs = Vec::new();
        for entry in fs::read_dir(self.envoy.directory())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(&format!("{OUTPUT}.")) {
                outputs.push((entry.path(), name));
            }
        }
        Ok(outputs)
    }

    /// Finds the worker among the threads: Valgrind knows their numbers, Linux their names.
    fn find_worker(&self) -> Result<String> {
        let text = self.command(&["v.info", "scheduler"])?;
        for (number, id) in threads(&text) {
            if fs::read_to_string(format!("/proc/{}/task/{id}/comm", self.envoy.id()))?.trim() == WORKER {
                return Ok(format!("{number:02}"));
            }
        }
        bail!("Envoy under Valgrind has no thread {WORKER}:\n{text}")
    }

    /// Sends a command to Valgrind.
    fn command(&self, words: &[&str]) -> Result<String> {
        let mut vgdb = valgrind::control()?;
        vgdb.arg(format!("--vgdb-prefix={}", self.envoy.directory().join("vgdb").display()))
            .arg(format!("--pid={}", self.envoy.id()))
            .args(words);
        let output = vgdb.output().context("cannot run vgdb")?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "vgdb {} failed: {errors}", words.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Finds Valgrind's numbers of threads and Linux's ids in the output of `v.info scheduler`.
fn threads(text: &str) -> impl Iterator<Item = (u32, u32)> {
    text.lines().filter_map(|line| {
        let (number, rest) = line.strip_prefix("Thread ")?.split_once(": ")?;
        let (_, id) = rest.split_once("(lwpid ")?;
        Some((number.parse().ok()?, id.split_once(')')?.0.parse().ok()?))
    })
}

/// Finds the number of instructions in an output file.
fn summary(output: &str) -> Option<u64> {
    output.lines().find_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
}

/// Names what is missing to count, and the command that installs it.
pub(crate) fn missing() -> Option<String> {
    parts::missing_for_envoy().or_else(valgrind::missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_found_among_their_stacks() {
        let text = "Thread 1: status = VgTs_WaitSys syscall 232 (lwpid 13559)\n==13559==    at 0x7B85A6F: epoll_wait\n\
                    Thread 12: status = VgTs_Runnable (lwpid 13889)\n";
        assert_eq!(threads(text).collect::<Vec<_>>(), [(1, 13559), (12, 13889)]);
    }

    #[test]
    fn a_summary_is_found_among_other_lines() {
        assert_eq!(summary("events: Ir\nsummary: 76\n\nfn=(1) main\n"), Some(76));
        assert_eq!(summary("events: Ir\n"), None);
    }
}
