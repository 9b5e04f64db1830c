//! `cargo proxy-filter reproduce`: checks that the same sources yield the same images at another path.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::command::output;

use crate::checkout::Checkout;
use crate::filter::{self, Filter};
use crate::oci::image::Image;
use crate::project::Project;
use crate::say;

/// Clones the project, builds the filters there with the steps of `Containerfile`, and compares the images.
///
/// # Errors
/// The images differ, the working tree has uncommitted changes, or the build fails.
pub fn run(project: &Project) -> Result<()> {
    let clone = Checkout::new(project, "reproduce/a clone at a path of another length")?;
    say!("building a clone in {} (about two minutes)", clone.path().display());
    for step in steps(&fs::read_to_string(clone.path().join("Containerfile"))?)? {
        let mut shell = Command::new("sh");
        output(shell.args(["-c", &step]).current_dir(clone.path()).env_remove("CARGO_TARGET_DIR"))?;
    }
    for filter in filter::all(project)? {
        let (here, there) = (Image::compat(&filter)?.digest(), of_clone(clone.path(), &filter)?);
        ensure!(here == there, "{}: the image is {here} here and {there} in a clone", filter.name);
        say!("{:<14} {here} here and in a clone", filter.name);
    }
    Ok(())
}

/// Extracts the commands that a container engine would run.
fn steps(containerfile: &str) -> Result<Vec<String>> {
    let steps: Vec<_> =
        containerfile.lines().filter_map(|line| line.strip_prefix("RUN ")).map(str::to_owned).collect();
    ensure!(!steps.is_empty(), "Containerfile has no RUN step");
    Ok(steps)
}

fn of_clone(clone: &Path, filter: &Filter) -> Result<String> {
    let path = Project::at(clone)?.module(&filter.name);
    let wasm = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Image::compat(&Filter { wasm, ..filter.clone() })?.digest())
}
