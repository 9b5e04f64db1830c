//! What memory Envoy has.

use anyhow::{Context, Result};
use harness::Envoy;
use harness::http::Request;
use harness::usage::resident;

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// The process's resident memory, as Linux counts it.
    pub(crate) resident: u64,
    /// What Envoy has allocated, as its allocator counts it: all but the VMs, shared data included.
    pub(crate) allocated: u64,
    /// What is resident besides the allocator's memory: the VMs with their code and their memories, and Envoy's own code.
    pub(crate) machines: u64,
}

impl Memory {
    /// Reads it.
    ///
    /// # Errors
    /// Envoy has ended, or its admin interface does not respond.
    pub(crate) fn read(envoy: &Envoy) -> Result<Self> {
        let resident = resident(envoy.id())?;
        let memory = Request::get("/memory").send(envoy.admin())?.json()?;
        let of = |field: &str| -> Result<u64> {
            let text = memory[field].as_str().with_context(|| format!("Envoy's /memory has no `{field}`"))?;
            Ok(text.parse()?)
        };
        let (allocated, physical) = (of("allocated")?, of("total_physical_bytes")?);
        Ok(Self { resident, allocated, machines: resident.saturating_sub(physical) })
    }
}
