//! Envoy under Valgrind's Callgrind, which counts the instructions that a thread executes in user mode.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use harness::bootstrap::Bootstrap;
use harness::envoy::Envoy;
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
                let output = fs::read_to_string(&path)?;
                let summary = output.lines().find_map(|line| line.strip_prefix("summary: "));
                counted = summary.and_then(|number| number.trim().parse().ok());
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
        let threads = self.command(&["v.info", "scheduler"])?;
        for line in threads.lines().filter(|line| line.starts_with("Thread ")) {
            let number = line.split([' ', ':']).nth(1).and_then(|number| number.parse::<u32>().ok());
            let id = line.split("(lwpid ").nth(1).and_then(|rest| rest.split(')').next());
            let (Some(number), Some(id)) = (number, id) else { continue };
            let name = fs::read_to_string(format!("/proc/{}/task/{id}/comm", self.envoy.id()))?;
            if name.trim() == WORKER {
                return Ok(format!("{number:02}"));
            }
        }
        anyhow::bail!("Envoy under Valgrind has no thread {WORKER}:\n{threads}")
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

/// Names what is missing to count, and the command that installs it.
pub(crate) fn missing() -> Option<String> {
    parts::missing_for_envoy().or_else(valgrind::missing)
}
