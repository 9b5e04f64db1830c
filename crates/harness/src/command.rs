//! A command that is run to its end.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What it said.
///
/// # Errors
/// It cannot be run, or fails: what it said of that.
pub fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("{program} cannot be run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed:\n{said}");
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}
