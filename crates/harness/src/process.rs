//! A program that runs as long as its value lives, with its output in a file.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::logs;
use crate::reaper::Reaper;

/// How long a program may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exit code of a program that a signal ended, as shells have it for SIGINT.
const INTERRUPTED: i32 = 130;

/// Lines of a log that are shown when its program fails.
const SHOWN_LINES: usize = 40;

pub(crate) struct Process {
    name: String,
    running: Arc<Running>,
    /// An error has shown its log.
    shown: bool,
}

struct Running {
    child: Mutex<Child>,
    reaper: Mutex<Reaper>,
    directory: PathBuf,
}

impl Running {
    fn end(&self) {
        lock(&self.reaper).dismiss();
        let mut child = lock(&self.child);
        _ = child.kill();
        _ = child.wait();
    }
}

/// What runs, to be ended when this program is told to end.
static RUNNING: Mutex<Vec<Arc<Running>>> = Mutex::new(Vec::new());

impl Process {
    /// Starts a program in a folder of its own under `target/run`.
    pub(crate) fn start(name: &str, command: impl FnOnce(&Path) -> Result<Command>) -> Result<Self> {
        let directory = fresh_directory(name)?;
        let log = File::create(directory.join("log"))?;
        let mut command = command(&directory)?;
        let child =
            command
                .stdin(std::process::Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()
                .with_context(|| format!("{name} cannot be started: {}", command.get_program().display()))?;
        let reaper = Mutex::new(Reaper::start(child.id(), &directory).context("sh cannot be started")?);
        let running = Arc::new(Running { child: Mutex::new(child), reaper, directory });
        end_on_signals()?;
        lock(&RUNNING).push(Arc::clone(&running));
        Ok(Self { name: name.into(), running, shown: false })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.running.directory
    }

    pub(crate) fn id(&self) -> u32 {
        lock(&self.running.child).id()
    }

    /// Ends it before its value is dropped; its log stays until then.
    pub(crate) fn end(&self) {
        self.running.end();
    }

    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.directory().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Waits for `ready` to find something. Shows the log if the program ends or takes too long.
    pub(crate) fn wait_for<T>(&mut self, what: &str, mut ready: impl FnMut(&Self) -> Option<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = ready(self) {
                return Ok(found);
            }
            if let Some(status) = lock(&self.running.child).try_wait()? {
                self.shown = true;
                bail!("{} ended ({status}) before {what}\n{}", self.name, self.last_lines());
            }
            if start.elapsed() > PATIENCE {
                self.shown = true;
                bail!("{}: no {what} within {PATIENCE:?}\n{}", self.name, self.last_lines());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the log ends with, under the program's name.
    pub(crate) fn last_lines(&self) -> String {
        let log = self.log();
        // Envoy lists all its extensions at this level.
        let lines: Vec<_> = log.lines().filter(|line| !line.contains("[info][main]")).collect();
        let first = lines.len().saturating_sub(SHOWN_LINES);
        format!("the log of {} ends with\n{}", self.name, lines.get(first..).unwrap_or_default().join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.running.end();
        // Waits while a signal is handled, which then ends this program in its own way.
        lock(&RUNNING).retain(|running| !Arc::ptr_eq(running, &self.running));
        if std::thread::panicking() {
            eprintln!("{}", self.last_lines());
            return;
        }
        if !self.shown {
            logs::ended(self.last_lines());
        }
        _ = fs::remove_dir_all(self.directory());
    }
}

/// Has SIGINT, SIGTERM and SIGHUP end all that runs, and remove its folders, before they end this program.
fn end_on_signals() -> Result<()> {
    static ONCE: Once = Once::new();
    let mut installed = Ok(());
    ONCE.call_once(|| {
        installed = ctrlc::set_handler(|| {
            let all = lock(&RUNNING);
            for running in all.iter() {
                running.end();
                _ = fs::remove_dir_all(&running.directory);
            }
            std::process::exit(INTERRUPTED);
        });
    });
    installed.context("signals cannot be caught")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address on loopback that was free a moment ago, for a program that cannot choose one itself.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("loopback has no free port")?;
    Ok(listener.local_addr()?)
}

/// An empty folder under `target/run`, for this process and call alone. One of the same name is from an
/// earlier process with the same number, which was killed.
pub(crate) fn fresh_directory(name: &str) -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let run = crate::parts::root().join("target/run");
    let directory = run.join(format!("{name}-{}-{number}", std::process::id()));
    _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&run)
        .and_then(|()| fs::create_dir(&directory))
        .with_context(|| format!("cannot make {}", directory.display()))?;
    Ok(directory)
}
