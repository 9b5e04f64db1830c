//! A program that runs as long as its value lives, with its output in a file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a program may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exit code of a program that a signal ended, as shells have it for SIGINT.
const INTERRUPTED: i32 = 130;

/// Lines of a log that are shown when its program fails.
const SHOWN_LINES: usize = 40;

pub(crate) struct Process {
    name: String,
    child: Arc<Mutex<Child>>,
    directory: PathBuf,
}

/// What runs, to be ended when this program is told to end.
static RUNNING: Mutex<Vec<Weak<Mutex<Child>>>> = Mutex::new(Vec::new());

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
        let child = Arc::new(Mutex::new(child));
        end_on_signals()?;
        lock(&RUNNING).push(Arc::downgrade(&child));
        Ok(Self { name: name.into(), child, directory })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn id(&self) -> u32 {
        lock(&self.child).id()
    }

    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.directory.join("log")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Waits for `ready` to find something. Shows the log if the program ends or takes too long.
    pub(crate) fn wait_for<T>(&mut self, what: &str, mut ready: impl FnMut(&Self) -> Option<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = ready(self) {
                return Ok(found);
            }
            if let Some(status) = lock(&self.child).try_wait()? {
                bail!("{} ended ({status}) before {what}\n{}", self.name, self.last_lines());
            }
            if start.elapsed() > PATIENCE {
                bail!("{}: no {what} within {PATIENCE:?}\n{}", self.name, self.last_lines());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn last_lines(&self) -> String {
        let log = self.log();
        // Envoy lists all its extensions at this level.
        let lines: Vec<_> = log.lines().filter(|line| !line.contains("[info][main]")).collect();
        let first = lines.len().saturating_sub(SHOWN_LINES);
        format!("its log ends with\n{}", lines.get(first..).unwrap_or_default().join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        end(&self.child);
        if std::thread::panicking() {
            eprintln!("{}: {}", self.name, self.last_lines());
        } else {
            _ = fs::remove_dir_all(&self.directory);
        }
    }
}

fn end(child: &Mutex<Child>) {
    let mut child = lock(child);
    _ = child.kill();
    _ = child.wait();
}

/// Has SIGINT, SIGTERM and SIGHUP end all that runs before they end this program.
fn end_on_signals() -> Result<()> {
    static ONCE: Once = Once::new();
    let mut installed = Ok(());
    ONCE.call_once(|| {
        installed = ctrlc::set_handler(|| {
            lock(&RUNNING).iter().filter_map(Weak::upgrade).for_each(|child| end(&child));
            std::process::exit(INTERRUPTED);
        });
    });
    installed.context("signals cannot be caught")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fresh_directory(name: &str) -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let run = crate::parts::root().join("target/run");
    let directory = run.join(format!("{name}-{}-{number}", std::process::id()));
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    Ok(directory)
}
