//! Whether another clone, at another path, built as `Containerfile` has it, gives the same images.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use testbed::parts;

use crate::filters::{self, Filter};
use crate::image::Image;

/// Clones the repository, builds the filters there by the steps of `Containerfile`, and compares them with those here.
///
/// # Errors
/// They differ, or something here is not committed, or the build fails.
pub fn compare() -> Result<()> {
    let root = parts::root();
    let changed = output(Command::new("git").args(["status", "--porcelain"]).current_dir(&root))?;
    ensure!(changed.is_empty(), "a clone would lack what is not committed:\n{changed}");
    let clone = root.join("target/reproduce/a clone at a path of another length");
    if clone.exists() {
        fs::remove_dir_all(&clone)?;
    }
    println!("building a clone in {} (two minutes)", clone.display());
    output(Command::new("git").args(["clone", "--quiet"]).args([&root, &clone]))?;
    for step in steps(&fs::read_to_string(clone.join("Containerfile"))?)? {
        output(Command::new("sh").args(["-c", &step]).current_dir(&clone).env_remove("CARGO_TARGET_DIR"))?;
    }
    for filter in filters::built(None)? {
        let (here, there) = (Image::compat(&filter)?.digest(), of_clone(&clone, &filter)?);
        ensure!(here == there, "{}: {here} here, {there} in a clone", filter.name);
        println!("{:<14} {here}, here and in a clone", filter.name);
    }
    fs::remove_dir_all(&clone)?;
    Ok(())
}

/// What a container engine would run.
fn steps(containerfile: &str) -> Result<Vec<String>> {
    let steps: Vec<_> =
        containerfile.lines().filter_map(|line| line.strip_prefix("RUN ")).map(str::to_owned).collect();
    ensure!(!steps.is_empty(), "Containerfile runs nothing");
    Ok(steps)
}

fn of_clone(clone: &Path, filter: &Filter) -> Result<String> {
    let path: PathBuf = clone.join("target/filters").join(format!("{}.wasm", filter.name));
    let wasm = fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(Image::compat(&Filter { wasm, ..filter.clone() })?.digest())
}

/// What a command said; an error with it where it fails.
fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().display().to_string();
    let output = command.output().with_context(|| format!("{program} cannot be run"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed:\n{said}");
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
