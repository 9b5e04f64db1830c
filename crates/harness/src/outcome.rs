//! How a program ends.

use std::process::ExitCode;

use anyhow::Result;

/// The exit code of what a program did; why it failed is told on standard error.
pub fn exit_code(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
