//! Compiles and links modules with cargo.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use proxy_filter_envoy::target::{WASM, WASM_PROFILE, WASM_TARGET};

use super::toolchain::Toolchain;
use super::{paths, profile};
use crate::project::Project;

/// As in `.cargo/config.toml`: cargo ignores the flags there when the environment has flags.
const ALLOW_UNDEFINED: &str = "-Clink-arg=--allow-undefined";

/// Half of the linker's default. Addresses behind the stack, which is first in the memory, then take a byte less in the code.
/// The deepest recursion, which is that of nested conditions, takes far less (`crates/cli/tests/commands/modules.rs`).
const STACK: &str = "-Clink-arg=-zstack-size=524288";

/// Keeps relocations and symbols, which tell `specialize` what refers to what. They do not ship.
const KEEP_RELOCATIONS: &str = "-Clink-arg=--emit-relocs";

/// Tells the layer that the module will have the layer's callbacks.
const BUILT: &str = "--cfg=proxy_filter_build";

/// Declares the flag, for crates whose manifest does not.
const DECLARED: &str = "--check-cfg=cfg(proxy_filter_build)";

/// Separates flags in cargo's variable, so that flags may contain spaces.
const SEPARATOR: &str = "\x1f";

/// How modules are compiled and linked.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// The name in `Cargo.toml`.
    pub name: &'static str,
    /// The directory below the target directory. Profiles of the same name need different ones, because other flags would
    /// make cargo compile all dependencies again.
    pub directory: &'static str,
    /// Flags of the compiler.
    pub flags: &'static [&'static str],
}

/// The profile of the filters.
pub const RELEASE: Profile =
    Profile { name: WASM_PROFILE, directory: WASM, flags: &[STACK, KEEP_RELOCATIONS, BUILT, DECLARED] };

/// What plain cargo does, for tests of what happens then.
pub const PLAIN: Profile = Profile { name: WASM_PROFILE, directory: "wasm-plain", flags: &[] };

/// Runs a cargo command for the wasm target and returns the directory of the artifacts. `arguments` select what is built.
///
/// # Errors
/// cargo cannot be run, or fails.
pub fn cargo(
    project: &Project,
    toolchain: &Toolchain,
    profile: Profile,
    command: &str,
    arguments: &[&str],
) -> Result<PathBuf> {
    let root = project.root();
    project.tag_target()?;
    let (mut cargo, mut flags) = toolchain.cargo();
    flags.push(ALLOW_UNDEFINED.into());
    flags.extend(profile.flags.iter().map(|&flag| flag.into()));
    flags.extend(paths::remapped(root));
    let status = cargo
        .current_dir(root)
        .args([command, "--profile", profile.name, "--target", WASM_TARGET])
        .args(profile::arguments(root)?)
        .args(arguments)
        .arg("--target-dir")
        .arg(project.target(profile.directory))
        // This variable overrides every other source of flags, so a module does not depend on the user's.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join(SEPARATOR))
        .env_remove("RUSTFLAGS")
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo {command} {} failed", arguments.join(" "));
    Ok(project.target(profile.directory).join(WASM_TARGET).join(profile.name))
}
