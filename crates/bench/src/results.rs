//! What a run measured: the contents of `docs/cost.json`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use harness::parts;
use serde::{Deserialize, Serialize};

use crate::job::{Form, Job};
use crate::machine::Machine;
use crate::row::Row;

/// A whole run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Results {
    /// Year, month and day, in UTC.
    pub(crate) date: String,
    pub(crate) envoy: String,
    pub(crate) machine: Machine,
    pub(crate) instructions: Vec<Measured<Count>>,
    pub(crate) modules: Vec<Loaded>,
    pub(crate) busy: Vec<Measured<Served>>,
    /// Requests per second at the fixed rate.
    pub(crate) rate: u32,
    pub(crate) paced: Vec<Measured<Served>>,
}

/// What a row cost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured<T> {
    pub(crate) row: String,
    pub(crate) job: Job,
    pub(crate) form: Form,
    pub(crate) detail: String,
    #[serde(flatten)]
    pub(crate) cost: T,
}

impl<T> Measured<T> {
    pub(crate) fn new(row: &Row, cost: T) -> Self {
        Self { row: row.id.into(), job: row.job, form: row.form, detail: row.detail.into(), cost }
    }
}

/// Instructions per request on Envoy's worker thread, in user mode.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Count {
    /// In total.
    pub(crate) instructions: f64,
    /// More than without a filter.
    pub(crate) over_no_filter: f64,
}

/// What loading a module costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// `no filter`, `Lua`, or the module's name.
    pub(crate) module: String,
    pub(crate) form: Form,
    /// Size in bytes; 0 without a module.
    pub(crate) bytes: u64,
    /// Milliseconds until Envoy is ready.
    pub(crate) ready_ms: f64,
    /// CPU time of all threads until then, in milliseconds.
    pub(crate) cpu_ms: f64,
    /// Resident memory in MB (1,000,000 bytes).
    pub(crate) resident_mb: f64,
}

/// What requests cost that Envoy serves at full speed, in microseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Served {
    /// User and system time of the whole Envoy, per request.
    pub(crate) cpu_us: f64,
    /// The latency that half of all requests do not exceed.
    pub(crate) p50_us: f64,
    pub(crate) p90_us: f64,
    pub(crate) p99_us: f64,
}

impl Results {
    /// Reads the results of the last run.
    ///
    /// # Errors
    /// There are none, or their form has changed.
    pub(crate) fn read() -> Result<Self> {
        let path = path();
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("cannot read {}: run `just bench`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{}: run `just bench` again", path.display()))
    }

    /// Writes the results.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self) -> Result<()> {
        let path = path();
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

fn path() -> PathBuf {
    parts::root().join("docs/cost.json")
}
