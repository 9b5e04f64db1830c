//! A Rust toolchain that can build for `wasm32-wasip1`.
//!
//! This is the toolchain in use, if it has the target or rustup can download it. Otherwise it is Debian's, whose
//! packages contain the compiler, the linker and the sources of the standard library, which is built along with the
//! filters.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use proxy_filter_envoy::target::WASM_TARGET;

use super::debian;

const DEBIAN_PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22", "wasi-libc"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "/usr/bin/wasm-ld-22";
const DEBIAN_LIBC: &str = "/usr/lib/wasm32-wasi";
/// Where cargo looks for the standard library's sources; the package makes it a link into `/usr/src`.
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/std";

/// The oldest compiler that the workspace builds with.
const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// A toolchain.
pub enum Toolchain {
    /// The toolchain in use has the target.
    InUse,
    /// Debian's, with its own standard library built from source.
    Debian,
}

impl Toolchain {
    /// Finds a toolchain, and installs what it lacks.
    ///
    /// # Errors
    /// The target is missing and cannot be installed; the message contains the commands that install it.
    pub fn ready() -> Result<Self> {
        if has_target() {
            return Ok(Self::InUse);
        }
        eprintln!("the Rust target {WASM_TARGET} is missing: rustup target add {WASM_TARGET}");
        let added = Command::new("rustup").args(["target", "add", WASM_TARGET]).status();
        if added.is_ok_and(|status| status.success()) && has_target() {
            return Ok(Self::InUse);
        }
        eprintln!("rustup cannot add it: using Debian's Rust, with the standard library built from source");
        if let Err(lack) = debian_is_complete() {
            eprintln!("{lack:#}");
            let fixes = format!(
                "no Rust toolchain for {WASM_TARGET}. Run one of these:\n  rustup target add {WASM_TARGET}\n  {}",
                debian::command(&DEBIAN_PACKAGES)
            );
            ensure!(debian::install(&DEBIAN_PACKAGES).context(fixes.clone())?, fixes);
            debian_is_complete()?;
        }
        Ok(Self::Debian)
    }

    /// Returns the output of `rustc --version`.
    ///
    /// # Errors
    /// rustc cannot be run.
    pub fn version(&self) -> Result<String> {
        match self {
            Self::InUse => version("rustc"),
            Self::Debian => version(DEBIAN_RUSTC),
        }
    }

    /// Returns a `cargo` command that can build for the target, and the flags that its compiler needs.
    pub fn cargo(&self) -> (Command, Vec<String>) {
        match self {
            Self::InUse => (Command::new("cargo"), Vec::new()),
            Self::Debian => {
                let mut cargo = Command::new(DEBIAN_CARGO);
                cargo
                    .args(["-Zbuild-std=std,panic_abort"])
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("RUSTC", DEBIAN_RUSTC)
                    .env("CARGO_TARGET_WASM32_WASIP1_LINKER", DEBIAN_LINKER)
                    .env_remove("RUSTUP_TOOLCHAIN");
                (cargo, vec!["-Clink-self-contained=no".into(), format!("-L{DEBIAN_LIBC}")])
            }
        }
    }
}

/// Checks that Debian's Rust is complete. The error says what is missing.
fn debian_is_complete() -> Result<()> {
    for path in [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_LINKER, DEBIAN_LIBC, DEBIAN_SOURCES] {
        ensure!(Path::new(path).exists(), "{path} is missing");
    }
    let said = version(DEBIAN_RUSTC)?;
    let is_new = said.split(' ').nth(1).map(numbers) >= Some(numbers(OLDEST_RUST));
    ensure!(is_new, "{DEBIAN_RUSTC} is `{said}`: the filters need Rust {OLDEST_RUST} or newer");
    Ok(())
}

fn version(rustc: &str) -> Result<String> {
    let output =
        Command::new(rustc).arg("--version").output().with_context(|| format!("cannot run {rustc}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Parses the numbers of a version, which compare like versions.
fn numbers(version: &str) -> Vec<u32> {
    version.split(['.', '-']).map_while(|part| part.parse().ok()).collect()
}

fn has_target() -> bool {
    let libdir = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .stderr(Stdio::null())
        .output();
    libdir.is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}
