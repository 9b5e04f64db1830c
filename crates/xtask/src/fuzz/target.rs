//! One target: its inputs, and how it runs.

use std::fmt::Write;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::parts;

use super::{build, cover};

/// The longest time for one input. A configuration whose regex is refused takes up to a second: it is compiled to tell its size.
const TIMEOUT: &str = "-timeout=10";

/// The most memory for one input, in megabytes.
const MEMORY: &str = "-rss_limit_mb=1024";

/// The longest input that libFuzzer makes, in bytes.
const LENGTH: &str = "-max_len=4096";

/// Makes inputs of any length from the start. Short ones first would be better for texts, but a structured input spends its first
/// bytes on what the target does, and only then has those that the filter gets.
const ANY_LENGTH: &str = "-len_control=0";

/// The most inputs of a target in the repository.
const MOST: usize = 50;

pub(super) struct Target {
    pub(super) name: String,
}

/// Returns the directory with what runs found.
pub(super) fn found() -> PathBuf {
    parts::root().join("target/fuzz/corpus")
}

impl Target {
    /// Returns all targets, by name.
    ///
    /// # Errors
    /// Their directory cannot be read.
    pub(super) fn all() -> Result<Vec<Self>> {
        let directory = build::directory().join("fuzz_targets");
        let mut targets = Vec::new();
        for file in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
            let name =
                file?.path().file_stem().context("a target without a name")?.to_string_lossy().into_owned();
            targets.push(Self { name });
        }
        targets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(targets)
    }

    /// Returns the targets' names, for messages.
    ///
    /// # Errors
    /// Their directory cannot be read.
    pub(super) fn names() -> Result<String> {
        Ok(Self::all()?.into_iter().map(|target| target.name).collect::<Vec<_>>().join(", "))
    }

    /// # Errors
    /// There is no such target.
    pub(super) fn named(name: &str) -> Result<Self> {
        let found = Self::all()?.into_iter().find(|target| target.name == name);
        found.with_context(|| {
            format!("there is no target `{name}`: use one of {}", Self::names().unwrap_or_default())
        })
    }

    /// Fuzzes for a number of seconds. Returns what libFuzzer counted.
    ///
    /// # Errors
    /// An input breaks what the target asserts, takes too long or too much memory. The error says how to run it again.
    pub(super) fn run(&self, time: NonZeroU64) -> Result<String> {
        let (found, findings) = (self.found()?, self.findings()?);
        let run = self
            .command()?
            .args([&format!("-max_total_time={time}"), "-print_final_stats=1", TIMEOUT, MEMORY])
            .args([LENGTH, ANY_LENGTH])
            .arg(format!("-artifact_prefix={}/", findings.display()))
            .args([Some(found), Some(self.seeds()).filter(|seeds| seeds.exists())].into_iter().flatten())
            .output()
            .with_context(|| format!("cannot run {}", self.name))?;
        let log = String::from_utf8_lossy(&run.stderr);
        ensure!(run.status.success(), "{}", self.finding(&log)?);
        Ok(self.summary(&log))
    }

    /// Replaces the inputs of the repository by those of all known ones that reach most, as few as reach as many edges, and at
    /// most [`MOST`].
    ///
    /// # Errors
    /// libFuzzer fails.
    pub(super) fn keep(&self) -> Result<()> {
        let (seeds, found) = (created(self.seeds())?, self.found()?);
        let kept = parts::root().join("target/fuzz/kept").join(&self.name);
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        let (merged, chosen) = (created(kept.join("merged"))?, created(kept.join("chosen"))?);
        let control = kept.join("control.txt");
        // Without counters, how often an edge is reached is no reason to keep an input.
        let mut merge = self.command()?;
        merge.args(["-set_cover_merge=1", "-use_counters=0", MEMORY, LENGTH]);
        merge.arg(format!("-merge_control_file={}", control.display())).args([&merged, &found, &seeds]);
        let merge = merge.output()?;
        ensure!(merge.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&merge.stderr));
        for input in cover::chosen(&fs::read_to_string(&control)?, MOST)? {
            fs::copy(&input, chosen.join(input.file_name().context("an input without a name")?))?;
        }
        fs::remove_dir_all(&seeds)?;
        fs::create_dir(&seeds)?;
        for input in fs::read_dir(&chosen)? {
            let input = input?;
            fs::copy(input.path(), seeds.join(input.file_name()))?;
        }
        println!("{}: {} inputs in {}", self.name, fs::read_dir(&seeds)?.count(), below_root(&seeds));
        Ok(())
    }

    fn command(&self) -> Result<Command> {
        Ok(Command::new(build::program(&self.name)?))
    }

    /// The inputs that are in the repository.
    fn seeds(&self) -> PathBuf {
        build::directory().join("corpus").join(&self.name)
    }

    fn found(&self) -> Result<PathBuf> {
        created(found().join(&self.name))
    }

    fn findings(&self) -> Result<PathBuf> {
        created(parts::root().join("target/fuzz/findings").join(&self.name))
    }

    /// Returns what libFuzzer's log says of the input that failed.
    fn finding(&self, log: &str) -> Result<String> {
        let mut text = format!("{}: an input fails", self.name);
        let is_reason = |line: &str| line.contains("panicked at") || line.contains("ERROR: libFuzzer");
        let reason = log.lines().position(is_reason).unwrap_or_default();
        for line in log.lines().skip(reason).take_while(|line| !line.starts_with("stack backtrace")).take(20)
        {
            write!(text, "\n  {line}")?;
        }
        let input = log.lines().find_map(|line| line.split_once("Test unit written to "));
        let input = input.map_or_else(|| "INPUT".to_owned(), |(_, file)| below_root(Path::new(file)));
        let program = below_root(&build::program(&self.name)?);
        write!(
            text,
            "\n  again: {program} {input}\n  smaller: {program} -minimize_crash=1 -max_total_time=60 {input}"
        )?;
        Ok(text)
    }

    fn summary(&self, log: &str) -> String {
        let statistic = |name: &str| {
            let line = log.lines().find_map(|line| line.strip_prefix(name));
            line.map_or("?", |rest| rest.trim_start_matches(':').trim())
        };
        let last = log.lines().rev().find(|line| line.contains(" cov: ")).unwrap_or_default();
        let edges = last.split_once(" cov: ").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or("?");
        format!(
            "{}: {} inputs, {} a second, {edges} edges reached",
            self.name,
            statistic("stat::number_of_executed_units"),
            statistic("stat::average_exec_per_sec")
        )
    }
}

fn created(directory: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
    Ok(directory)
}

/// Returns a path below the repository's root, for messages.
pub(super) fn below_root(path: &Path) -> String {
    path.strip_prefix(parts::root()).unwrap_or(path).display().to_string()
}
