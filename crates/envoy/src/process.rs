//! A child process that ends when its value is dropped, with its output in a file.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::logs;
use crate::reaper::Reaper;
use crate::scratch::Scratch;
use crate::signals;

/// The longest time a program may take to become ready, unless it is started with another.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The interval between two checks of a program that is starting. Short, because the bench measures how long Envoy takes.
const POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The number of lines of a failed program's log to show.
const SHOWN_LINES: usize = 40;

/// A running program.
pub struct Process {
    name: String,
    running: Arc<Running>,
    timeout: Duration,
    /// Whether an error has already shown the log.
    shown: bool,
}

struct Running {
    child: Mutex<Child>,
    reaper: Mutex<Reaper>,
    directory: Scratch,
}

impl Running {
    fn end(&self) {
        lock(&self.reaper).dismiss();
        let mut child = lock(&self.child);
        _ = child.kill();
        _ = child.wait();
    }
}

/// All running children, which a signal ends too.
static RUNNING: Mutex<Vec<Arc<Running>>> = Mutex::new(Vec::new());

impl Process {
    /// Starts the program that `command` returns. `command` gets a scratch directory; the program's output goes to the file
    /// `log` there.
    ///
    /// # Errors
    /// `command` fails, or the program cannot be started.
    pub fn start(name: &str, command: impl FnOnce(&Path) -> Result<Command>) -> Result<Self> {
        let directory = Scratch::new(name)?;
        let log = File::create(directory.path().join("log"))?;
        let mut command = command(directory.path())?;
        let child = command
            .stdin(std::process::Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {name}: {}", command.get_program().display()))?;
        let reaper = Mutex::new(Reaper::start(child.id(), directory.path()).context("cannot start sh")?);
        let running = Arc::new(Running { child: Mutex::new(child), reaper, directory });
        signals::on_termination(end_all)?;
        lock(&RUNNING).push(Arc::clone(&running));
        Ok(Self { name: name.into(), running, timeout: START_TIMEOUT, shown: false })
    }

    /// Sets the longest time that the program may take to become ready.
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Returns the scratch directory.
    pub fn directory(&self) -> &Path {
        self.running.directory.path()
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        lock(&self.running.child).id()
    }

    /// Ends the program; its directory and log remain.
    pub fn end(&self) {
        self.running.end();
    }

    /// Returns what the program has written so far.
    pub fn log(&self) -> String {
        let log = fs::read(self.directory().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Polls `ready` until it returns a value.
    ///
    /// # Errors
    /// The program ends first or takes too long. The error shows its log.
    pub fn wait_for<T>(&mut self, what: &str, mut ready: impl FnMut(&Self) -> Option<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = ready(self) {
                return Ok(found);
            }
            if let Some(status) = lock(&self.running.child).try_wait()? {
                self.shown = true;
                bail!("{} ended ({status}) before {what}\n{}", self.name, self.last_lines());
            }
            if start.elapsed() > self.timeout {
                self.shown = true;
                bail!("{}: no {what} within {:?}\n{}", self.name, self.timeout, self.last_lines());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Returns the end of the log, under the program's name.
    pub fn last_lines(&self) -> String {
        let log = self.log();
        // At this level Envoy lists all its extensions.
        let lines: Vec<_> = log
            .lines()
            .filter(|line| !line.contains("[info][main]") && !line.contains("[info][upstream]"))
            .collect();
        let first = lines.len().saturating_sub(SHOWN_LINES);
        format!("last lines of {}'s log:\n{}", self.name, lines.get(first..).unwrap_or_default().join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        // Blocks while a signal is being handled, which exits this program.
        lock(&RUNNING).retain(|running| !Arc::ptr_eq(running, &self.running));
        if std::thread::panicking() {
            eprintln!("{}", self.last_lines());
            self.running.directory.keep();
        } else if !self.shown {
            logs::push(self.last_lines());
        }
    }
}

/// Ends all children and removes their directories. Keeps the lock, so that no child starts while this program exits.
fn end_all() {
    let all = lock(&RUNNING);
    for running in all.iter() {
        running.end();
        running.directory.remove();
    }
    std::mem::forget(all);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds a loopback address with a free port, for programs that cannot pick one themselves. Another program may take
/// the port first.
///
/// # Errors
/// Loopback has no free port.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("loopback has no free port")?;
    Ok(listener.local_addr()?)
}
