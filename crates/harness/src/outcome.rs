//! Exit codes of the workspace's programs.

use std::process::ExitCode;

use anyhow::Result;

/// Prints an error to standard error and returns the exit code.
pub fn exit_code(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
