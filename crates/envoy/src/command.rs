//! Commands that run to their end.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Runs a command to its end and returns its standard output, without trailing white space.
///
/// # Errors
/// The program cannot be run, or fails. The error includes its standard error.
pub fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("cannot run {program}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed:\n{errors}");
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
