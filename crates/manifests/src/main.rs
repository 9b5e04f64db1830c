//! `just manifests REGISTRY TAG`.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use manifests::filled;
use testbed::parts;

fn main() -> ExitCode {
    testbed::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [registry, tag] = arguments.as_slice() else { bail!("usage: manifests REGISTRY TAG") };
    let folder = parts::root().join("target/manifests");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    for path in filled::write(registry, tag, &folder)? {
        println!("{}", path.display());
    }
    println!("the digests are those of the modules built here: `just publish {registry} {tag}` pushes them");
    Ok(())
}
