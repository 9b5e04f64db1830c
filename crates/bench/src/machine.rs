//! The machine, and the date.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// What a run depends on, apart from Envoy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The CPU's model, as Linux names it.
    pub(crate) cpu: String,
    pub(crate) cores: usize,
}

impl Machine {
    /// Describes this machine.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub(crate) fn this() -> Result<Self> {
        let text = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
        let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let cpu = model.map_or("unknown", |(_, model)| model).to_owned();
        Ok(Self { cpu, cores: std::thread::available_parallelism()?.get() })
    }
}

/// Returns the date in UTC.
///
/// # Errors
/// `date` fails.
pub(crate) fn today() -> Result<String> {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output().context("cannot run date")?;
    ensure!(output.status.success(), "date failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
