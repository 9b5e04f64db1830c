//! `just manifests REGISTRY TAG`.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use harness::parts;
use harness::scratch::Scratch;
use images::target;
use manifests::filled;

fn main() -> ExitCode {
    harness::outcome::exit_code(run())
}

fn run() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [registry, tag] = arguments.as_slice() else { bail!("usage: manifests REGISTRY TAG") };
    target::tags(tag)?;
    let (folder, new) = (parts::root().join("target/manifests"), Scratch::new("manifests")?);
    let written = filled::write(registry, tag, new.path())?;
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    fs::rename(new.path(), &folder).with_context(|| folder.display().to_string())?;
    for path in written {
        println!("{}", folder.join(path.strip_prefix(new.path())?).display());
    }
    println!("the digests are those of the modules built here: `just publish {registry} {tag}` pushes them");
    Ok(())
}
