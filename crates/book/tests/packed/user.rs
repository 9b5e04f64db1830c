//! A user with an empty directory, who has Rust, Python and nothing of this repository.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use cargo_proxy_filter::temporary::TemporaryDirectory;
use harness::target::{WASM, WASM_PROFILE, WASM_TARGET};

use crate::registry::Crates;

/// Variables of cargo that the user has as well: where the crates and the compiler are.
const KEPT: [&str; 2] = ["CARGO_HOME", "CARGO_BUILD_JOBS"];

/// The beginnings of the names of variables that this test has, and the user has not.
const REMOVED: [&str; 4] = ["CARGO", "PROXY_FILTER", "RUSTFLAGS", "ENVOY"];

/// A user, who leaves nothing behind.
pub(crate) struct User {
    home: TemporaryDirectory,
    target: PathBuf,
}

impl User {
    /// Installs the tool from packed crates. Everything is compiled into `target`.
    pub(crate) fn with_tool(crates: &Crates, target: &Path) -> Result<Self> {
        // Outside this repository, whose workspace would claim the crates.
        let home = std::env::temp_dir().join(format!("proxy-filter-user-{}", std::process::id()));
        let user = Self { home: TemporaryDirectory::new(home)?, target: target.into() };
        fs::create_dir_all(user.path(".cargo"))?;
        let configuration = user.path(".cargo/config.toml");
        fs::write(&configuration, crates.configuration())?;
        user.forget(crates)?;
        println!("compiling the tool and all that it depends on (about five minutes, if no earlier run did)");
        let mut install = user.command("cargo", "");
        // `cargo install` reads no configuration of a directory. It would optimize, which takes twice as long.
        install.args(["install", "--quiet", "--debug", "--config"]).arg(&configuration);
        run(install.arg("--root").arg(user.tool()).arg("cargo-proxy-filter"))?;
        Ok(user)
    }

    /// Removes what an earlier run compiled of the packed crates: cargo expects the crates of a registry not to change.
    fn forget(&self, crates: &Crates) -> Result<()> {
        let of_modules = Path::new(WASM).join(WASM_TARGET).join(WASM_PROFILE);
        for profile in [Path::new("debug"), &of_modules] {
            let fingerprints = self.target.join(profile).join(".fingerprint");
            for entry in fs::read_dir(fingerprints).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if crates.names().iter().any(|of| name.starts_with(&format!("{of}-"))) {
                    fs::remove_dir_all(entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// Removes the user's directories.
    pub(crate) fn leave(&self) {
        _ = fs::remove_dir_all(self.home.path());
    }

    fn tool(&self) -> PathBuf {
        self.home.path().join("tool")
    }

    /// Returns a path in the user's directory, whose name has a space.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.home.path().join("a directory").join(path)
    }

    /// Runs a line of the shell in a directory of the user's, and expects it to succeed.
    pub(crate) fn runs(&self, directory: &str, line: &str) -> Result<String> {
        run(self.command("sh", directory).args(["-c", line]))
    }

    /// Runs a line of the shell, and expects it to fail and to print this.
    pub(crate) fn fails(&self, directory: &str, line: &str, expected: &str) -> Result<()> {
        let output = self.command("sh", directory).args(["-c", line]).output()?;
        let text = text(&output);
        ensure!(!output.status.success(), "{line} succeeded:\n{text}");
        ensure!(text.contains(expected), "{line} did not print `{expected}`:\n{text}");
        Ok(())
    }

    /// Tests a filter, and expects every run to pass: none may be ignored.
    pub(crate) fn tests(&self, directory: &str, arguments: &str) -> Result<()> {
        let text = self.runs(directory, &format!("cargo proxy-filter test {arguments}"))?;
        for proxy in ["native", "wasm", "envoy"] {
            ensure!(text.contains(&format!("::{proxy} ... ok\n")), "no test ran in `{proxy}`:\n{text}");
        }
        ensure!(!text.contains("... ignored"), "{text}");
        Ok(())
    }

    /// Builds a command that knows nothing of this repository.
    fn command(&self, program: &str, directory: &str) -> Command {
        let mut command = Command::new(program);
        let is_of_this_test = |name: &OsStr| {
            let name = name.to_string_lossy();
            !KEPT.contains(&name.as_ref()) && REMOVED.iter().any(|prefix| name.starts_with(prefix))
        };
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_test(name)) {
            command.env_remove(name);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories = [self.tool().join("bin")].into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(directories).unwrap_or_default());
        command.env("CARGO_TARGET_DIR", &self.target).env("XDG_CACHE_HOME", self.path("cache"));
        // Nobody debugs what is compiled here.
        command.env("CARGO_PROFILE_DEV_DEBUG", "false");
        command.current_dir(self.path(directory));
        command
    }
}

fn run(command: &mut Command) -> Result<String> {
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    let shown = format!("{} {}", command.get_program().display(), arguments.join(" "));
    println!("{shown}");
    let start = Instant::now();
    let output = command.output().with_context(|| format!("cannot run {shown}"))?;
    let text = text(&output);
    ensure!(output.status.success(), "{shown} failed:\n{text}");
    println!("  took {} s", start.elapsed().as_secs());
    Ok(text)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
