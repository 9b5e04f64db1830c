//! Variables of the environment, and those of `[env]` in `.cargo/config.toml`, which cargo passes to the programs and tests
//! that it runs, but not to subcommands.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Value;

/// Returns the path in a variable: the environment's, or else that of the nearest configuration in or above the directory.
pub fn path(directory: &Path, name: &str) -> Option<PathBuf> {
    let is_set = |value: &std::ffi::OsString| !value.is_empty();
    match std::env::var_os(name).filter(is_set) {
        Some(path) => std::path::absolute(path).ok(),
        None => directory.ancestors().find_map(|directory| in_configuration(directory, OsStr::new(name))),
    }
}

fn in_configuration(directory: &Path, name: &OsStr) -> Option<PathBuf> {
    let text = fs::read_to_string(directory.join(".cargo/config.toml")).ok()?;
    let configuration: Value = toml::from_str(&text).ok()?;
    let variable = configuration.get("env")?.get(name.to_str()?)?;
    match variable {
        Value::String(path) => Some(path.into()),
        table => {
            let path = table.get("value")?.as_str()?;
            let is_relative = table.get("relative").and_then(Value::as_bool).unwrap_or_default();
            Some(if is_relative { directory.join(path) } else { path.into() })
        }
    }
}
