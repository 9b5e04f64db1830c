//! Runs again whenever the configuration's file changes.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};

use super::command::TryCommand;
use super::source::file;
use crate::terminal::{Style, styled};

/// The time between two looks at the file.
const PERIOD: Duration = Duration::from_millis(200);

impl TryCommand {
    /// Runs it now and whenever the configuration's file changes, until the program is interrupted. Mistakes are shown, and
    /// the next change is awaited.
    ///
    /// # Errors
    /// The configuration is not a file.
    pub fn watch(&self) -> Result<Infallible> {
        let path = file(&self.configuration)
            .context("`--watch` waits for changes of a file: give the configuration as one")?;
        let color = self.color.on_errors();
        loop {
            let seen = stamp(&path);
            if let Err(error) = self.once() {
                eprintln!("{} {error:#}", styled("error:", Style::Red, color));
            }
            let watching = format!("watching {}: save it to run again, Ctrl-C to end", path.display());
            eprintln!("\n{}", styled(&watching, Style::Bold, color));
            // An editor may remove the file before it writes the new one.
            while stamp(&path).is_none_or(|now| Some(now) == seen) {
                sleep(PERIOD);
            }
        }
    }
}

/// Returns what differs when a file has changed. `None` if there is no file.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
