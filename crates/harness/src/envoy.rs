//! A real Envoy.

use std::collections::HashMap;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::bootstrap::Bootstrap;
use crate::http::{Request, Response};
use crate::parts;
use crate::process::Process;
use crate::scratch::Scratch;
use crate::watched::{Resource, replace};

/// A running Envoy, with two workers unless told otherwise.
pub struct Envoy {
    process: Process,
    admin: SocketAddr,
    listeners: Mutex<HashMap<String, SocketAddr>>,
}

impl Envoy {
    /// Starts one and waits until it takes traffic.
    ///
    /// # Errors
    /// It is not there, or does not come up; its log is part of the message.
    pub fn start(bootstrap: &Bootstrap) -> Result<Self> {
        let configuration = bootstrap.to_json().to_string();
        Self::run(parts::ENVOY_VERSION, bootstrap, |directory| write(directory, "envoy.json", &configuration))
    }

    /// Starts an Envoy that reads its listeners and clusters from files: see [`reload`](Self::reload).
    ///
    /// # Errors
    /// Those of `start`.
    pub fn start_watching(bootstrap: &Bootstrap) -> Result<Self> {
        Self::run(parts::ENVOY_VERSION, bootstrap, |directory| {
            let clusters = bootstrap.clusters_to_json().to_string();
            let clusters = write(directory, Resource::Clusters.file(), &clusters)?;
            let listeners = bootstrap.listeners_to_json().to_string();
            let listeners = write(directory, Resource::Listeners.file(), &listeners)?;
            write(directory, "envoy.json", &bootstrap.to_json_watching(&listeners, &clusters).to_string())
        })
    }

    /// Gives a watching Envoy other clusters and listeners. Returns once the new listeners accept
    /// connections.
    ///
    /// # Errors
    /// Envoy rejects them (its log says why), or does not apply them within ten seconds.
    pub fn reload(&self, bootstrap: &Bootstrap) -> Result<()> {
        let directory = self.process.directory();
        let clusters = bootstrap.clusters_to_json().to_string();
        replace(self.admin, directory, Resource::Clusters, &clusters)?;
        let listeners = bootstrap.listeners_to_json().to_string();
        replace(self.admin, directory, Resource::Listeners, &listeners)?;
        *self.listeners.lock().unwrap_or_else(PoisonError::into_inner) = list(self.admin)?;
        Ok(())
    }

    /// Sets all counters to zero.
    ///
    /// # Errors
    /// The admin interface does not respond.
    pub fn reset_counters(&self) -> Result<()> {
        let request = Request { method: "POST".into(), ..Request::get("/reset_counters") };
        let response = request.header("content-length", "0").send(self.admin)?;
        ensure!(response.status == 200, "POST /reset_counters: {response}");
        Ok(())
    }

    /// Starts a version with a configuration as text; its file name says whether that is JSON or YAML.
    ///
    /// # Errors
    /// It is not there, or does not come up; its log is part of the message.
    pub fn start_version(version: &str, file_name: &str, configuration: &str) -> Result<Self> {
        let arguments = Bootstrap::default();
        Self::run(version, &arguments, |directory| write(directory, file_name, configuration))
    }

    fn run(
        version: &str,
        arguments: &Bootstrap,
        configured: impl FnOnce(&Path) -> Result<PathBuf>,
    ) -> Result<Self> {
        let mut process = Process::start("envoy", |directory| {
            let mut command = command(version, &configured(directory)?);
            command
                .args(arguments.arguments())
                // Old listeners go a second after a reload.
                .args(["--drain-time-s", "1", "--admin-address-path"])
                .arg(directory.join("admin"));
            Ok(command)
        })?;
        let admin: SocketAddr = process.wait_for("admin address", |process| {
            fs::read_to_string(process.directory().join("admin")).ok()?.parse().ok()
        })?;
        process.wait_for("readiness", |_| {
            Request::get("/ready").send(admin).ok().filter(|response| response.status == 200)
        })?;
        Ok(Self { process, admin, listeners: Mutex::new(list(admin)?) })
    }

    /// What Envoy says of a configuration without running it.
    ///
    /// # Errors
    /// Envoy cannot be run.
    pub fn validate(bootstrap: &Bootstrap) -> Result<Output> {
        Self::validate_text("envoy.json", &bootstrap.to_json().to_string())
    }

    /// As [`validate`](Self::validate), for a configuration as text; its file name says whether that is
    /// JSON or YAML.
    ///
    /// # Errors
    /// Envoy cannot be run.
    pub fn validate_text(file_name: &str, configuration: &str) -> Result<Output> {
        let directory = Scratch::new("validate")?;
        let mut command = command(parts::ENVOY_VERSION, &write(directory.path(), file_name, configuration)?);
        let program = command.get_program().to_owned();
        let log = directory.path().join("log");
        let child =
            command.args(["--mode", "validate"]).stdout(Stdio::null()).stderr(File::create(&log)?).spawn();
        let mut child = child.with_context(|| format!("envoy cannot be run: {}", program.display()))?;
        let status = ended(&mut child)?;
        Ok(Output { status, stdout: Vec::new(), stderr: fs::read(&log)? })
    }

    /// Where a listener listens.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn address(&self, listener: &str) -> Result<SocketAddr> {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.get(listener).copied().with_context(|| format!("no listener `{listener}`"))
    }

    /// Sends a request to a listener.
    ///
    /// # Errors
    /// There is no such listener, or no HTTP comes back.
    pub fn send(&self, listener: &str, request: &Request) -> Result<Response> {
        request.send(self.address(listener)?)
    }

    /// How many workers have accepted connections on a listener.
    ///
    /// # Errors
    /// The admin interface does not answer.
    pub fn workers_used(&self, listener: &str) -> Result<usize> {
        let stats = Request::get("/stats?filter=worker_[0-9]%2B.downstream_cx_total").send(self.admin)?;
        let text = String::from_utf8_lossy(&stats.body).into_owned();
        let of_listener = format!("listener.{listener}.worker_");
        let busy = text.lines().filter(|line| line.starts_with(&of_listener) && !line.ends_with(": 0"));
        Ok(busy.count())
    }

    /// The value of a counter or gauge, where there is one of this name.
    ///
    /// # Errors
    /// The admin interface does not answer.
    pub fn stat(&self, name: &str) -> Result<Option<u64>> {
        let stats = Request::get("/stats").send(self.admin)?;
        let text = String::from_utf8_lossy(&stats.body).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.map(|value| value.parse().context("a number")).transpose()
    }

    /// Where the admin interface listens.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Bytes of memory that it has at the moment.
    ///
    /// # Errors
    /// It has ended.
    pub fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib.saturating_mul(1024))
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What its log ends with.
    pub fn last_lines(&self) -> String {
        self.process.last_lines()
    }

    /// All it has logged.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Waits for a text to appear in the log.
    ///
    /// # Errors
    /// It does not within ten seconds.
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

/// How a program ended; an error, if it does not.
fn ended(child: &mut Child) -> Result<ExitStatus> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            bail!("Envoy was not done with the configuration after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn command(version: &str, configuration: &Path) -> Command {
    let mut command = Command::new(parts::envoy(version));
    command.arg("--config-path").arg(configuration).arg("--disable-hot-restart");
    command
}

fn write(directory: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = directory.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// The active listeners with their addresses.
fn list(admin: SocketAddr) -> Result<HashMap<String, SocketAddr>> {
    let json = Request::get("/listeners?format=json").send(admin)?.json()?;
    let statuses = json["listener_statuses"].as_array().cloned().unwrap_or_default();
    let mut listeners = HashMap::new();
    for status in statuses {
        let address = &status["local_address"]["socket_address"];
        let (Some(name), Some(ip), Some(port)) =
            (status["name"].as_str(), address["address"].as_str(), address["port_value"].as_u64())
        else {
            bail!("Envoy lists a listener without a name or address: {status}");
        };
        listeners.insert(name.to_owned(), format!("{ip}:{port}").parse()?);
    }
    Ok(listeners)
}
