//! Whether another clone, at another path, built as `Containerfile` has it, gives the same images.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::command::output;

use crate::checkout::Checkout;
use crate::filters::{self, Filter};
use crate::image::Image;

/// Clones the repository, builds the filters there by the steps of `Containerfile`, and compares them with those here.
///
/// # Errors
/// They differ, or something here is not committed, or the build fails.
pub fn compare() -> Result<()> {
    let clone = Checkout::new("reproduce/a clone at a path of another length")?;
    println!("building a clone in {} (two minutes)", clone.path().display());
    for step in steps(&fs::read_to_string(clone.path().join("Containerfile"))?)? {
        let mut shell = Command::new("sh");
        output(shell.args(["-c", &step]).current_dir(clone.path()).env_remove("CARGO_TARGET_DIR"))?;
    }
    for filter in filters::built(None)? {
        let (here, there) = (Image::compat(&filter)?.digest(), of_clone(clone.path(), &filter)?);
        ensure!(here == there, "{}: {here} here, {there} in a clone", filter.name);
        println!("{:<14} {here}, here and in a clone", filter.name);
    }
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
    let path = clone.join("target/filters").join(format!("{}.wasm", filter.name));
    let wasm = fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(Image::compat(&Filter { wasm, ..filter.clone() })?.digest())
}
