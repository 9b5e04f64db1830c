//! What Envoy's admin interface reports: statistics and memory.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::Envoy;
use crate::http::Request;
use crate::statistics::{statistics, with_prefix};

/// How long to wait for filters to report their counters, which they do once a second.
const REPORT_TIME: Duration = Duration::from_millis(1300);

impl Envoy {
    /// Returns the number of workers that have accepted connections on a listener.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn workers_used(&self, listener: &str) -> Result<usize> {
        let stats = Request::get("/stats?filter=worker_[0-9]%2B.downstream_cx_total").send(self.admin)?;
        let text = String::from_utf8_lossy(&stats.body).into_owned();
        let of_listener = format!("listener.{listener}.worker_");
        let busy = text.lines().filter(|line| line.starts_with(&of_listener) && !line.ends_with(": 0"));
        Ok(busy.count())
    }

    /// Returns the value of a counter or gauge. `None` if Envoy has no statistic of this name.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn stat(&self, name: &str) -> Result<Option<u64>> {
        let [value] = statistics(self.admin, [name])?;
        Ok(value)
    }

    /// Returns the value of a filter's counter, once the filter has reported it.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn count(&self, name: &str) -> Result<u64> {
        std::thread::sleep(REPORT_TIME);
        Ok(self.stat(name)?.unwrap_or_default())
    }

    /// Returns the values of all counters and gauges whose names start with `prefix`, by the rest of their names, once the
    /// filters have reported their counters.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn counts(&self, prefix: &str) -> Result<Vec<(String, u64)>> {
        std::thread::sleep(REPORT_TIME);
        with_prefix(self.admin, prefix)
    }

    /// Sets all counters to zero, once the filters have reported theirs.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn reset_counters(&self) -> Result<()> {
        std::thread::sleep(REPORT_TIME);
        let request = Request { method: "POST".into(), ..Request::get("/reset_counters") };
        let response = request.header("content-length", "0").send(self.admin)?;
        ensure!(response.status == 200, "POST /reset_counters: {response}");
        Ok(())
    }

    /// Returns the major and the minor version, such as `[1, 40]`.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn version(&self) -> Result<[u32; 2]> {
        let info = Request::get("/server_info").send(self.admin)?.json()?;
        // The commit, the version, and more, separated by slashes.
        let version = info["version"].as_str().and_then(|text| text.split('/').nth(1));
        let mut numbers = version.unwrap_or_default().split('.').map(str::parse);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok([major, minor]),
            _ => bail!("Envoy's /server_info has no version: {info}"),
        }
    }

    /// Returns the bytes that Envoy has allocated, as its allocator counts them.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn memory(&self) -> Result<u64> {
        let memory = Request::get("/memory").send(self.admin)?.json()?;
        let allocated = memory["allocated"].as_str().context("Envoy's /memory has no `allocated`")?;
        Ok(allocated.parse()?)
    }
}
