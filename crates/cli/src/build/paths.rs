//! Keeps this machine's directories out of the modules, whose panic messages would contain them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// How many bytes of a module an error shows.
const SHOWN: usize = 80;

/// Returns the compiler flags that replace directories: cargo's, rustup's and the project's.
pub fn remapped(root: &Path) -> Vec<String> {
    let home = std::env::home_dir().unwrap_or_default();
    let directory = |variable, default| std::env::var_os(variable).map_or(home.join(default), PathBuf::from);
    [(directory("CARGO_HOME", ".cargo"), "/cargo"), (directory("RUSTUP_HOME", ".rustup"), "/rustup")]
        .into_iter()
        .chain([(root.to_owned(), "/src")])
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect()
}

/// Checks that a module does not contain the path of the home directory.
///
/// # Errors
/// The module contains it.
pub fn check(module: &[u8]) -> Result<()> {
    match std::env::home_dir() {
        Some(home) => check_for(&home, module),
        None => Ok(()),
    }
}

fn check_for(home: &Path, module: &[u8]) -> Result<()> {
    // With a slash, so that `/root` is not found in `/rooted`. A home of `/` would be everywhere.
    let prefix = format!("{}/", home.display());
    let found = module.windows(prefix.len()).position(|window| window == prefix.as_bytes());
    let Some(start) = found.filter(|_| home.parent().is_some()) else { return Ok(()) };
    let shown: Vec<_> = module.iter().skip(start).take(SHOWN).copied().collect();
    bail!(
        "the module contains a path in your home directory: `{}`. If cargo or rustup lives there, set CARGO_HOME or \
         RUSTUP_HOME to that directory, spelled as it is here",
        shown.escape_ascii()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_home_directory_is_found_and_shown() {
        let error = check_for(Path::new("/home/me"), b"\0asm panicked at /home/me/x.rs").unwrap_err();
        assert!(error.to_string().contains("`/home/me/x.rs`"), "{error}");
    }

    #[test]
    fn other_paths_pass() {
        assert!(check_for(Path::new("/root"), b"/rooted /src/root").is_ok());
        assert!(check_for(Path::new("/"), b"/src/lib.rs").is_ok());
    }
}
