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

/// Returns the package's manifest and the files of `src/`, or of the folder that the manifest names for the library.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = vec![directory.join("Cargo.toml")];
    let mut directories = vec![directory.join(library(directory).as_deref().unwrap_or("src".as_ref()))];
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

/// Returns the folder of the library's sources, if the manifest names their root.
fn library(directory: &Path) -> Option<PathBuf> {
    let manifest = fs::read_to_string(directory.join("Cargo.toml")).ok()?;
    let mut lines = manifest.lines().skip_while(|line| *line != "[lib]").skip(1);
    let mut of_section = lines.by_ref().take_while(|line| !line.starts_with('['));
    let root = of_section.find_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'))?;
    Some(Path::new(root).parent()?.to_owned())
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
        fresh("another-packages-module")
    }

    #[test]
    fn a_manifest_may_name_the_root_of_the_sources() -> Result<()> {
        let scratch = Scratch::new("library")?;
        for (manifest, expected) in [
            ("[package]\nname = \"a\"\n", "a/src/lib.rs"),
            ("[lib]\nname = \"b\"\n\n[[test]]\npath = \"../b/src/lib.rs\"\n", "a/src/lib.rs"),
            ("[package]\n\n[lib]\npath = \"../b/src/lib.rs\"\n", "a/../b/src/lib.rs"),
        ] {
            for file in ["a/src/lib.rs", "b/src/lib.rs"].map(|file| scratch.path().join(file)) {
                fs::create_dir_all(file.parent().unwrap())?;
                fs::write(file, "")?;
            }
            fs::write(scratch.path().join("a/Cargo.toml"), manifest)?;
            let found = sources(&scratch.path().join("a"));
            assert_eq!(found.last(), Some(&scratch.path().join(expected)), "{manifest}");
        }
        Ok(())
    }
}
