//! The package whose tests run, and whether its module is up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Result, ensure};

/// A package, as the macros see it when they expand in its tests.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// The name, which is that of its module.
    pub name: &'static str,
    /// The directory of its Cargo.toml, when it was compiled.
    pub directory: &'static str,
}

impl Package {
    /// Checks that a module is not older than the sources of the package, if it is the package's.
    ///
    /// # Errors
    /// It is older than one of them.
    pub(crate) fn expect_fresh(self, name: &str, module: &Path) -> Result<()> {
        if name != self.name {
            return Ok(());
        }
        let directory = Path::new(self.directory);
        let Some(built) = modified(module) else { return Ok(()) };
        let newer = sources(directory).into_iter().find(|source| modified(source) > Some(built));
        let shown = newer.as_deref().map(|source| source.strip_prefix(directory).unwrap_or(source));
        ensure!(
            shown.is_none(),
            "{} is older than {}: run `cargo proxy-filter build`",
            module.display(),
            shown.unwrap_or(directory).display()
        );
        Ok(())
    }
}

/// Returns the package's manifest and the files of `src/`, which may be that of another package.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let manifest = directory.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap_or_default();
    let library = text.lines().find_map(|line| line.strip_prefix("path = \"")?.strip_suffix("/lib.rs\""));
    let mut directories = vec![directory.join(library.unwrap_or("src"))];
    let mut files = vec![manifest];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type().ok());
            // Does not follow links, which may lead in a circle. Editors leave other files beside the sources.
            match kind {
                Some(kind) if kind.is_dir() => directories.push(path),
                Some(_) if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
                _ => {}
            }
        }
    }
    files
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

#[cfg(test)]
mod tests {
    use proxy_filter_envoy::scratch::Scratch;

    use super::*;

    #[test]
    fn a_module_must_be_newer_than_the_sources_of_its_package() -> Result<()> {
        let scratch = Scratch::new("package")?;
        let (source, module) = (scratch.path().join("src/a/b.rs"), scratch.path().join("a.wasm"));
        fs::create_dir_all(scratch.path().join("src/a"))?;
        fs::write(scratch.path().join("Cargo.toml"), "")?;
        fs::write(&source, "")?;
        fs::write(&module, "")?;
        let directory = scratch.path().to_str().unwrap().to_owned().leak();
        let fresh = |name: &str| Package { name: "a", directory }.expect_fresh(name, &module);
        fresh("a")?;
        fs::File::options()
            .append(true)
            .open(&source)?
            .set_modified(SystemTime::now() + std::time::Duration::from_secs(9))?;
        let message = fresh("a").unwrap_err().to_string();
        let expected = "a.wasm is older than src/a/b.rs: run `cargo proxy-filter build`";
        assert!(message.ends_with(expected), "{message}");
        let other = scratch.path().join("other");
        fs::create_dir(&other)?;
        fs::write(other.join("Cargo.toml"), "[lib]\npath = \"../src/lib.rs\"\n")?;
        let other = Package { name: "a", directory: other.to_str().unwrap().to_owned().leak() };
        assert!(other.expect_fresh("a", &module).is_err(), "it has the sources of another package");
        fresh("another-packages-module")
    }
}
