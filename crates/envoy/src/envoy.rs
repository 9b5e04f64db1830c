//! A real Envoy.

mod launch;
mod validate;

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, bail, ensure};

use crate::bootstrap::Bootstrap;
use crate::http::{Request, Response};
use crate::locate;
use crate::process::Process;
use crate::statistics::{statistics, with_prefix};
use crate::watched::{Resource, replace};
use launch::{with_arguments, write, write_static};

/// The longest time an Envoy under another program may take to become ready.
const SLOW_START_TIMEOUT: Duration = Duration::from_secs(600);

/// How long to wait for filters to report their counters, which they do once a second.
const REPORT_TIME: Duration = Duration::from_millis(1300);

/// A running Envoy.
pub struct Envoy {
    process: Process,
    admin: SocketAddr,
    listeners: Mutex<HashMap<String, SocketAddr>>,
}

impl Envoy {
    /// Starts Envoy and waits until it is ready.
    ///
    /// # Errors
    /// Envoy is missing or does not start. The error includes its log.
    pub fn start(bootstrap: &Bootstrap) -> Result<Self> {
        Self::run(&find()?, bootstrap, |directory| write_static(directory, bootstrap))
    }

    /// Starts Envoy under another program, such as a profiler, with ten minutes to become ready. `wrap` gets Envoy's
    /// scratch directory and command, and returns the command to run. It must run Envoy in its own process.
    ///
    /// # Errors
    /// Same as [`start`](Self::start), or the program does not start.
    pub fn start_under(
        bootstrap: &Bootstrap,
        wrap: impl FnOnce(&Path, &Command) -> Result<Command>,
    ) -> Result<Self> {
        let process = Process::start("envoy", |directory| {
            let configuration = write_static(directory, bootstrap)?;
            wrap(directory, &with_arguments(&find()?, &configuration, bootstrap, directory))
        })?;
        Self::ready(process.with_timeout(SLOW_START_TIMEOUT))
    }

    /// Starts Envoy with its listeners and clusters in files that it watches, for [`reload`](Self::reload).
    ///
    /// # Errors
    /// Same as [`start`](Self::start).
    pub fn start_watching(bootstrap: &Bootstrap) -> Result<Self> {
        Self::run(&find()?, bootstrap, |directory| {
            let clusters = bootstrap.clusters_to_json().to_string();
            let clusters = write(directory, Resource::Clusters.file(), &clusters)?;
            let listeners = bootstrap.listeners_to_json().to_string();
            let listeners = write(directory, Resource::Listeners.file(), &listeners)?;
            write(directory, "envoy.json", &bootstrap.to_json_watching(&listeners, &clusters).to_string())
        })
    }

    /// Replaces the clusters and listeners of an Envoy started with [`start_watching`](Self::start_watching), and waits
    /// until the new listeners accept connections.
    ///
    /// # Errors
    /// Envoy rejects them, with the reason in its log, or does not apply them within ten seconds.
    pub fn reload(&self, bootstrap: &Bootstrap) -> Result<()> {
        let directory = self.process.directory();
        let clusters = bootstrap.clusters_to_json().to_string();
        replace(self.admin, directory, Resource::Clusters, &clusters)?;
        let listeners = bootstrap.listeners_to_json().to_string();
        replace(self.admin, directory, Resource::Listeners, &listeners)?;
        *self.listeners.lock().unwrap_or_else(PoisonError::into_inner) = list(self.admin)?;
        Ok(())
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

    /// Starts this program, an Envoy, with a configuration given as text. The file name's extension, `json` or `yaml`, says
    /// which it is.
    ///
    /// # Errors
    /// Same as [`start`](Self::start).
    pub fn start_text(program: &Path, file_name: &str, configuration: &str) -> Result<Self> {
        let arguments = Bootstrap::default();
        Self::run(program, &arguments, |directory| write(directory, file_name, configuration))
    }

    fn run(
        program: &Path,
        arguments: &Bootstrap,
        configured: impl FnOnce(&Path) -> Result<PathBuf>,
    ) -> Result<Self> {
        let process = Process::start("envoy", |directory| {
            Ok(with_arguments(program, &configured(directory)?, arguments, directory))
        })?;
        Self::ready(process)
    }

    fn ready(mut process: Process) -> Result<Self> {
        let admin: SocketAddr = process.wait_for("admin address", |process| {
            fs::read_to_string(process.directory().join("admin")).ok()?.parse().ok()
        })?;
        process.wait_for("readiness", |_| {
            Request::get("/ready").send(admin).ok().filter(|response| response.status == 200)
        })?;
        Ok(Self { process, admin, listeners: Mutex::new(list(admin)?) })
    }

    /// Returns the address of a listener.
    ///
    /// # Errors
    /// Envoy has no listener of this name.
    pub fn address(&self, listener: &str) -> Result<SocketAddr> {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.get(listener).copied().with_context(|| format!("no listener `{listener}`"))
    }

    /// Sends a request to a listener.
    ///
    /// # Errors
    /// Envoy has no such listener, or the response is not HTTP.
    pub fn send(&self, listener: &str, request: &Request) -> Result<Response> {
        request.send(self.address(listener)?)
    }

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

    /// Returns the admin interface's address.
    pub fn admin(&self) -> SocketAddr {
        self.admin
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

    /// Returns the scratch directory of its files.
    pub fn directory(&self) -> &Path {
        self.process.directory()
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Returns the end of its log.
    pub fn last_lines(&self) -> String {
        self.process.last_lines()
    }

    /// Returns its whole log.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a text to appear in the log.
    ///
    /// # Errors
    /// The text does not appear within ten seconds.
    pub fn wait_for_log(&self, text: &str) -> Result<()> {
        let start = Instant::now();
        while !self.process.log().contains(text) {
            ensure!(
                start.elapsed() < Duration::from_secs(10),
                "`{text}` did not appear in Envoy's log within ten seconds"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// Returns the path of the Envoy to run.
fn find() -> Result<PathBuf> {
    locate::find().map_err(Error::msg)
}

/// Returns the active listeners' addresses.
fn list(admin: SocketAddr) -> Result<HashMap<String, SocketAddr>> {
    let json = Request::get("/listeners?format=json").send(admin)?.json()?;
    let statuses = json["listener_statuses"].as_array().cloned().unwrap_or_default();
    let mut listeners = HashMap::new();
    for status in statuses {
        let address = &status["local_address"]["socket_address"];
        let (Some(name), Some(ip), Some(port)) =
            (status["name"].as_str(), address["address"].as_str(), address["port_value"].as_u64())
        else {
            bail!("Envoy reports a listener without a name or address: {status}");
        };
        listeners.insert(name.to_owned(), format!("{ip}:{port}").parse()?);
    }
    Ok(listeners)
}
