//! Remembers how long each test binary took in its last run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use harness::parts;

/// Seconds by binary, kept in `target/test-durations.json`.
pub(super) struct Durations(BTreeMap<String, f64>);

impl Durations {
    /// Reads the file. Without a file, no duration is known.
    pub(super) fn read() -> Self {
        let text = fs::read_to_string(file()).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Returns the expected milliseconds of a binary, or the maximum for one that has never run.
    pub(super) fn expected(&self, binary: &str) -> u64 {
        self.0.get(binary).map_or(u64::MAX, |seconds| (seconds * 1000.0) as u64)
    }

    pub(super) fn set(&mut self, binary: &str, seconds: f64) {
        self.0.insert(binary.to_owned(), seconds);
    }

    pub(super) fn write(&self) -> Result<()> {
        let text = serde_json::to_string(&self.0)?;
        fs::write(file(), text).with_context(|| format!("cannot write {}", file().display()))
    }
}

fn file() -> PathBuf {
    parts::root().join("target/test-durations.json")
}
