//! Fuzzes the targets of `crates/fuzz` with libFuzzer, on the stable toolchain.

mod build;
mod cover;
mod target;

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use harness::progress;

use target::{Target, below_root};

/// How long all targets together run by default, in seconds.
const ALL: NonZeroU64 = NonZeroU64::new(60).unwrap();

/// Fuzzes all targets, or those that are named, for the given time, and keeps what it finds in `target/fuzz`.
pub fn run(arguments: &[&str]) -> Result<()> {
    let seconds = |text: &str| text.parse().with_context(|| format!("`{text}` is not a number of seconds"));
    match arguments {
        [] => all(ALL),
        ["--all", time] => all(seconds(time)?),
        [name, time] => {
            let time = seconds(time)?;
            let target = Target::named(name)?;
            if build::all()? { in_parallel(vec![target], time, 1) } else { Ok(()) }
        }
        _ => bail!("usage: just fuzz [TARGET SECONDS | --all SECONDS]; the targets are {}", Target::names()?),
    }
}

/// Compiles all targets.
pub fn setup() -> Result<()> {
    build::all().map(drop)
}

/// Keeps what runs found in the corpora of the repository, as few inputs as reach the same code, and no more than 50.
pub fn keep(arguments: &[&str]) -> Result<()> {
    let targets = match arguments {
        [] => Target::all()?,
        names => names.iter().map(|name| Target::named(name)).collect::<Result<_>>()?,
    };
    if build::all()? { targets.iter().try_for_each(Target::keep) } else { Ok(()) }
}

/// Shares the time among all targets, and runs as many of them at once as there are cores.
fn all(time: NonZeroU64) -> Result<()> {
    if !build::all()? {
        return Ok(());
    }
    let targets = Target::all()?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let each = time.get().saturating_mul(cores.try_into()?).div_ceil(targets.len().max(1).try_into()?);
    in_parallel(targets, NonZeroU64::new(each).unwrap_or(NonZeroU64::MIN), cores)
}

fn in_parallel(targets: Vec<Target>, time: NonZeroU64, cores: usize) -> Result<()> {
    let number = targets.len();
    let what = match targets.as_slice() {
        [target] => format!("fuzzing {} for {time} s", target.name),
        _ => format!("fuzzing {number} targets for {time} s each"),
    };
    let (waiting, failed) = (Mutex::new(VecDeque::from(targets)), Mutex::new(Vec::new()));
    progress::report(&what, || {
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while let Some(target) = next(&waiting) {
                        match target.run(time) {
                            Ok(summary) => println!("{summary}"),
                            Err(error) => {
                                println!("{error:#}");
                                failed.lock().unwrap_or_else(PoisonError::into_inner).push(target.name);
                            }
                        }
                    }
                });
            }
        });
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    ensure!(failed.is_empty(), "{} of {number} targets failed: {}", failed.len(), failed.join(", "));
    println!("no input failed; what reached new code is in {}", below_root(&target::found()));
    Ok(())
}

fn next(waiting: &Mutex<VecDeque<Target>>) -> Option<Target> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}
