//! Valgrind, installed or fetched from Debian.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::parts;

/// The program's name.
pub const PROGRAM: &str = "valgrind";

/// The Debian package.
pub const PACKAGE: &str = "valgrind";

/// The program that sends commands to a running Valgrind.
const CONTROL: &str = "vgdb";

/// Returns the directory of the package fetched from Debian.
pub fn fetched() -> PathBuf {
    parts::root().join("target/parts/valgrind")
}

/// Returns a command that runs Valgrind.
///
/// # Errors
/// Valgrind is neither installed nor fetched.
pub fn valgrind() -> Result<Command> {
    let mut command = program(PROGRAM)?;
    if parts::installed(PROGRAM).is_none() {
        // It looks for its tools where the package would be installed.
        command.env("VALGRIND_LIB", fetched().join("usr/libexec/valgrind"));
    }
    Ok(command)
}

/// Returns a command that sends commands to a running Valgrind.
///
/// # Errors
/// Same as [`valgrind`].
pub fn control() -> Result<Command> {
    program(CONTROL)
}

/// Names what is missing to run Valgrind, and the command that installs it.
pub fn missing() -> Option<String> {
    valgrind().and_then(|_| control()).err().map(|error| error.to_string())
}

fn program(name: &str) -> Result<Command> {
    let fetched = Some(fetched().join("usr/bin").join(name)).filter(|program| program.is_file());
    let found = parts::installed(name).or(fetched);
    found.map(Command::new).with_context(|| {
        format!("{name} is missing: run `just setup bench`, or install Debian's package {PACKAGE}")
    })
}
