//! Asks for the password of a key.

use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The variable that cosign reads passwords from.
pub(super) const VARIABLE: &str = "COSIGN_PASSWORD";

/// Returns the password in `COSIGN_PASSWORD`, or else asks on the terminal.
///
/// # Errors
/// The variable is not set and standard input is not a terminal.
pub(super) fn of(key: &Path) -> Result<String> {
    match std::env::var(VARIABLE) {
        Ok(password) => Ok(password),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{VARIABLE} is not UTF-8"),
        Err(std::env::VarError::NotPresent) => {
            ensure!(
                stdin().is_terminal(),
                "{} is encrypted: set {VARIABLE} to its password, or run this on a terminal",
                key.display()
            );
            ask(key)
        }
    }
}

fn ask(key: &Path) -> Result<String> {
    eprint!("Password of {}: ", key.display());
    stderr().flush()?;
    let hidden = echo("-echo");
    let mut line = String::new();
    let read = stdin().read_line(&mut line);
    if hidden {
        echo("echo");
        eprintln!();
    }
    read.context("cannot read the password")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Switches the terminal's echo on or off. Returns whether that worked: without it, the password is shown as it is typed.
fn echo(setting: &str) -> bool {
    // The terminal is the standard input, which stty inherits.
    let status = Command::new("stty").arg(setting).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
