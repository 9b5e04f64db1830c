//! A real Envoy.

mod admin;
mod launch;
mod listeners;
mod validate;

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, ensure};

use crate::bootstrap::Bootstrap;
use crate::http::{Request, Response};
use crate::locate;
use crate::process::Process;
use crate::watched::{Resource, replace};
use launch::{with_arguments, write, write_static};
use listeners::addresses;

/// The longest time an Envoy under another program may take to become ready.
const SLOW_START_TIMEOUT: Duration = Duration::from_secs(600);

/// A running Envoy.
pub struct Envoy {
    process: Process,
    admin: SocketAddr,
    listeners: Mutex<HashMap<String, SocketAddr>>,
}

impl Envoy {
    /// Runs this program as Envoy from now on, whatever the variables say. Only the first call has an effect.
    pub fn choose(program: PathBuf) {
        _ = CHOSEN.set(program);
    }

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
        *self.listeners.lock().unwrap_or_else(PoisonError::into_inner) = addresses(self.admin)?;
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
        Self::wait_until_ready(&mut process)
            .map_err(|error| explained(error, &process.log()))
            .and_then(|admin| Ok(Self { process, admin, listeners: Mutex::new(addresses(admin)?) }))
    }

    /// Returns the address of the admin interface.
    fn wait_until_ready(process: &mut Process) -> Result<SocketAddr> {
        let admin: SocketAddr = process.wait_for("admin address", |process| {
            fs::read_to_string(process.directory().join("admin")).ok()?.parse().ok()
        })?;
        process.wait_for("readiness", |_| {
            Request::get("/ready").send(admin).ok().filter(|response| response.status == 200)
        })?;
        Ok(admin)
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

    /// Returns the admin interface's address.
    pub fn admin(&self) -> SocketAddr {
        self.admin
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

/// What an Envoy logs that cannot run any module, such as PyPI's 1.38.3.
const WITHOUT_WASM: &str = "Envoy was compiled without support for it";

/// Says first what is wrong if this Envoy can run no filter at all.
fn explained(error: Error, log: &str) -> Error {
    if !log.contains(WITHOUT_WASM) {
        return error;
    }
    let tested = locate::ENVOY_VERSIONS.join(", ");
    error.context(format!("this Envoy was compiled without Wasm: run another one, such as {tested}"))
}

/// The Envoy that this program has chosen.
static CHOSEN: OnceLock<PathBuf> = OnceLock::new();

/// Returns the path of the Envoy to run.
fn find() -> Result<PathBuf> {
    CHOSEN.get().map_or_else(|| locate::find().map_err(Error::msg), |chosen| Ok(chosen.clone()))
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn an_envoy_without_wasm_is_named_as_the_cause() {
        let log = "Failed to create Wasm VM using envoy.wasm.runtime.v8 runtime. Envoy was compiled without support for it";
        let error = format!("{:#}", explained(anyhow!("no admin address"), log));
        assert!(
            error.starts_with("this Envoy was compiled without Wasm: ")
                && error.ends_with(": no admin address"),
            "{error}"
        );
        assert_eq!(explained(anyhow!("no admin address"), "exiting").to_string(), "no admin address");
    }
}
