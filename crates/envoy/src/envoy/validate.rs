//! Envoys that validate a configuration without serving it.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::launch::{command, write};
use super::{Envoy, find};
use crate::bootstrap::Bootstrap;
use crate::scratch::Scratch;

impl Envoy {
    /// Validates a configuration without serving it. The output's `stderr` is Envoy's log.
    ///
    /// # Errors
    /// Envoy cannot be run, or takes longer than a minute.
    pub fn validate(bootstrap: &Bootstrap) -> Result<Output> {
        Self::validate_text(&find()?, "envoy.json", &bootstrap.to_json().to_string())
    }

    /// Validates a configuration given as text in this program, an Envoy. The file name's extension, `json` or `yaml`, says
    /// which it is.
    ///
    /// # Errors
    /// Same as [`validate`](Self::validate).
    pub fn validate_text(program: &Path, file_name: &str, configuration: &str) -> Result<Output> {
        let directory = Scratch::new("validate")?;
        let mut command = command(program, &write(directory.path(), file_name, configuration)?);
        let log = directory.path().join("log");
        let child =
            command.args(["--mode", "validate"]).stdout(Stdio::null()).stderr(File::create(&log)?).spawn();
        let mut child = child.with_context(|| format!("cannot run {}", program.display()))?;
        let status = wait(&mut child)?;
        Ok(Output { status, stdout: Vec::new(), stderr: fs::read(&log)? })
    }
}

/// Waits for a program to end. Kills one that takes longer than a minute.
fn wait(child: &mut Child) -> Result<ExitStatus> {
    const TIMEOUT: Duration = Duration::from_secs(60);
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            bail!("Envoy was still validating after {} s", TIMEOUT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
