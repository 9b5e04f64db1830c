//! What a process has used, according to Linux.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Returns the CPU time of all threads of a process, in user and system mode.
///
/// # Errors
/// The process has ended.
pub fn cpu_time(id: u32) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{id}/task"))? {
        // `/proc/<id>/stat` has the same in hundredths of a second.
        let path = thread?.path().join("schedstat");
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let nanoseconds = text.split(' ').next().unwrap_or_default().parse()?;
        total = total.saturating_add(Duration::from_nanos(nanoseconds));
    }
    Ok(total)
}

/// Returns the resident memory of a process in bytes.
///
/// # Errors
/// The process has ended.
pub fn resident(id: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).context("no VmRSS")?;
    Ok(kibibytes.trim().parse::<u64>()?.saturating_mul(1024))
}
