//! How long test binaries took when they ran last.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use harness::parts;

/// Seconds by binary, kept in `target/test-durations.json`.
pub(super) struct Durations(BTreeMap<String, f64>);

impl Durations {
    /// Reads the file. Without it no duration is known.
    pub(super) fn read() -> Self {
        let text = fs::read_to_string(file()).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    /// The expected milliseconds of a binary. One that has never run may take any time.
    pub(super) fn expected(&self, binary: &str) -> u64 {
        self.0.get(binary).map_or(u64::MAX, |seconds| (seconds * 1000.0) as u64)
    }

    pub(super) fn set(&mut self, binary: &str, seconds: f64) {
        self.0.insert(binary.to_owned(), seconds);
    }

    pub(super) fn write(&self) -> Result<()> {
        let text = serde_json::to_string(&self.0)?;
        fs::write(file(), text).with_context(|| format!("{} cannot be written", file().display()))
    }
}

fn file() -> PathBuf {
    parts::root().join("target/test-durations.json")
}
